using System.Text.Json.Serialization;

namespace Shop.Messaging;

/// <summary>A message that could not be handled, put aside for somebody to decide about.</summary>
/// <param name="Id">Derived from endpoint, message id and body: a message that fails again is the same dead letter.</param>
/// <param name="MessageId">The inbox key; null if the message had none.</param>
/// <param name="MessageType">Its declared type as a URN; empty if it has none.</param>
/// <param name="Failures">How often it was put aside. Each time, it had used up all its attempts.</param>
/// <param name="DecidedBy">Who last replayed or discarded it.</param>
/// <param name="Handled">True once the message has had its effect, or was discarded.</param>
public sealed record DeadLetter(
    string Id,
    string Endpoint,
    Guid? MessageId,
    string MessageType,
    string Reason,
    string ExceptionType,
    string? TraceId,
    int Failures,
    DateTimeOffset FirstFailedAt,
    DateTimeOffset LastFailedAt,
    DeadLetterStatus Status,
    string? DecidedBy,
    DateTimeOffset? DecidedAt,
    bool Handled);

/// <summary>What was decided about a dead letter.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<DeadLetterStatus>))]
public enum DeadLetterStatus
{
    /// <summary>Nothing yet, or it was replayed and failed again.</summary>
    Waiting,

    /// <summary>Sent to its endpoint once more.</summary>
    Replayed,

    /// <summary>To be forgotten: should it arrive again, it is dropped like a duplicate.</summary>
    Discarded,
}

/// <summary>A dead letter with all that is known of it.</summary>
/// <param name="Body">As text, or in Base64 if it is none.</param>
public sealed record DeadLetterContent(
    DeadLetter Letter, IReadOnlyDictionary<string, string> Headers, string Body, string? StackTrace);

/// <summary>Dead letters, those that failed last first.</summary>
/// <param name="Waiting">How many wait for a decision, whether they are listed here or not.</param>
public sealed record DeadLetterList(IReadOnlyList<DeadLetter> DeadLetters, long Waiting);

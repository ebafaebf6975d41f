using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using MassTransit;

namespace Shop.Messaging;

/// <summary>A delivery on its way to the dead letters: the message as it came, and why it failed.</summary>
sealed record FailedMessage(
    string Endpoint,
    Guid? MessageId,
    IReadOnlyDictionary<string, string> Headers,
    byte[] Body,
    string Reason,
    string ExceptionType,
    string? StackTrace)
{
    public string Id { get; } = IdOf(Endpoint, MessageId, Body);

    public bool IdIsReused => ExceptionType == typeof(ReusedMessageIdException).FullName;

    public string MessageType { get; } = Storable(Headers.GetValueOrDefault(MessageHeaders.MessageType, ""));

    public string? TraceId =>
        MessageTrace.ParentOf(Headers) is { TraceId: var trace } && trace != default ? trace.ToHexString() : null;

    public static FailedMessage Of(string endpoint, ReceiveContext context, Exception error)
    {
        var properties = context.GetPayload<RabbitMqBasicConsumeContext>().Properties;
        var headers = DeliveryHeaders.Of(properties);
        var messageId = properties.MessageId ?? headers.GetValueOrDefault(MessageHeaders.MessageId);
        return new(
            endpoint,
            Guid.TryParse(messageId, out var id) ? id : null,
            headers,
            context.Body.GetBytes(),
            Storable(Explain(error)),
            error.GetBaseException().GetType().FullName!,
            Storable(error.StackTrace ?? ""));
    }

    // The inner exceptions have the reason. The outer ones only say where it happened.
    static string Explain(Exception error)
    {
        var messages = new List<string>();
        for (var cause = error; cause is not null; cause = cause.InnerException)
        {
            if (!messages.Exists(message => message.Contains(cause.Message, StringComparison.Ordinal)))
            {
                messages.Add(cause.Message);
            }
        }

        return string.Join(": ", messages);
    }

    // The hash includes the body, so that a message cannot hide another one with the same id.
    static string IdOf(string endpoint, Guid? messageId, byte[] body)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes($"{endpoint}\n{messageId}\n"));
        hash.AppendData(body);
        return $"{endpoint}-{BinaryPrimitives.ReadUInt64BigEndian(hash.GetHashAndReset()):x16}";
    }

    // PostgreSQL's text allows every character except this one.
    static string Storable(string text) => text.Replace('\0', '\uFFFD');
}

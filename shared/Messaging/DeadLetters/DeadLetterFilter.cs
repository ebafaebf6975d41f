using System.Diagnostics;
using MassTransit;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;

namespace Shop.Messaging;

/// <summary>
/// The end of an endpoint's pipe. A message that its handlers could not handle, or that has no handler, becomes a dead letter in the
/// service's database. The delivery is acknowledged after that commit, so it is in one place or the other.
/// </summary>
sealed partial class DeadLetterFilter<TDb>(
    string endpoint, DeadLetters<TDb> letters, MessagingMetrics metrics, ILogger<DeadLetterFilter<TDb>> logger)
    : IFilter<ExceptionReceiveContext>, IFilter<ReceiveContext>
    where TDb : DbContext
{
    static readonly TimeSpan _firstPause = TimeSpan.FromMilliseconds(100);
    static readonly TimeSpan _longestPause = TimeSpan.FromSeconds(5);

    public Task Send(ExceptionReceiveContext context, IPipe<ExceptionReceiveContext> next) =>
        Keep(FailedMessage.Of(endpoint, context, context.Exception), context.CancellationToken);

    public Task Send(ReceiveContext context, IPipe<ReceiveContext> next) =>
        Keep(FailedMessage.Of(endpoint, context, new UnknownMessageTypeException(endpoint)), context.CancellationToken);

    public void Probe(ProbeContext context) => context.CreateFilterScope("deadLetters");

    // A message that cannot become a dead letter stays unacknowledged with the broker. If it were given back at once, it would return at
    // once.
    async Task Keep(FailedMessage message, CancellationToken stopping)
    {
        for (var pause = _firstPause; ; pause = pause * 2 < _longestPause ? pause * 2 : _longestPause)
        {
            try
            {
                await letters.Keep(message, stopping);
                metrics.DeadLettered(endpoint, message.IdIsReused);
                Span(message);
                LogKept(message.MessageType, message.MessageId, message.Id, message.Reason);
                return;
            }
            catch (Exception error) when (!stopping.IsCancellationRequested)
            {
                LogNotKept(message.MessageType, message.MessageId, error.Message);
                await Task.Delay(pause, TimeProvider.System, stopping);
            }
        }
    }

    // Seen even where the message's trace is not sampled.
    void Span(FailedMessage message)
    {
        using var _ = MessageTrace.Pinned();
        using var kept = KeptSpan.Start(MessageTrace.Source, $"dead letter {endpoint}");
        Activity.Current?.SetTag("shop.dead_letter.id", message.Id).SetStatus(ActivityStatusCode.Error, message.Reason);
    }

    [LoggerMessage(LogLevel.Error, "{MessageType} {MessageId} could not be handled and became dead letter {Id}: {Reason}")]
    partial void LogKept(string messageType, Guid? messageId, string id, string reason);

    [LoggerMessage(LogLevel.Error, "{MessageType} {MessageId} could be neither handled nor stored as a dead letter, and waits: {Reason}")]
    partial void LogNotKept(string messageType, Guid? messageId, string reason);
}

/// <summary>No handler of an endpoint takes messages of this type.</summary>
public sealed class UnknownMessageTypeException(string endpoint)
    : FormatException($"No handler of {endpoint} takes messages of this type.");

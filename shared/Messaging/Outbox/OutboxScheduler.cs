using MassTransit;
using MassTransit.Scheduling;

namespace Shop.Messaging;

/// <summary>
/// Scheduling without a broker plug-in or a second store: a scheduled message is an outbox row with a due time, and taking
/// it back deletes the row in the transaction that makes it moot.
/// </summary>
sealed class OutboxScheduler(ISendEndpointProvider outbox, Outgoing outgoing) : IScheduleMessageProvider
{
    readonly DelayedScheduleMessageProvider _delayed = new(outbox);

    public Task<ScheduledMessage<T>> ScheduleSend<T>(
        Uri destinationAddress,
        DateTime scheduledTime,
        T message,
        IPipe<SendContext<T>> pipe,
        CancellationToken cancellationToken) where T : class =>
        _delayed.ScheduleSend(destinationAddress, scheduledTime, message, pipe, cancellationToken);

    public Task CancelScheduledSend(Guid tokenId, CancellationToken cancellationToken)
    {
        outgoing.Unschedule(tokenId);
        return Task.CompletedTask;
    }

    public Task CancelScheduledSend(Uri destinationAddress, Guid tokenId, CancellationToken cancellationToken) =>
        CancelScheduledSend(tokenId, cancellationToken);
}

using MassTransit;
using MassTransit.Context;
using MassTransit.Middleware.Outbox;
using MassTransit.Scheduling;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Shop.Messaging;

/// <summary>A received message on its way to its consumer or saga, as work of a batch.</summary>
sealed class MessageWork<TDb, TMessage>(
    ConsumeContext<TMessage> context,
    IPipe<ConsumeContext<TMessage>> next,
    string endpoint,
    Action<ConsumeContext<TMessage>, NeededRows> need)
    : Work<TDb>
    where TDb : DbContext
    where TMessage : class
{
    readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task Done => _done.Task;

    public override void Need(NeededRows rows) => need(context, rows);

    public override InboxKey? Key { get; } = InboxKey.Of(
        context.MessageId
            ?? throw new InvalidMessageException(
                typeof(TMessage), "The message has no MessageId header, so a duplicate of it could not be told."),
        DeliveryHeaders.Text(context.ReceiveContext, MessageHeaders.MessageType),
        context.ReceiveContext.Body.GetBytes());

    public override MessageAccount? Account { get; } = MessageAccount.Of(
        DeliveryHeaders.Text(context.ReceiveContext, MessageHeaders.MessageType),
        DeliveryHeaders.Text(context.ReceiveContext, MessageAccount.Header));

    public override bool IsCopy => base.IsCopy
        || context.ReceiveContext.Redelivered
        || LaterMessage.IsOne(context.ReceiveContext)
        || DeliveryHeaders.Text(context.ReceiveContext, BrokerPublisher.RepeatedHeader) is not "";

    public override bool RunsAlone => context.GetRetryAttempt() > 0 || LaterMessage.IsOne(context.ReceiveContext);

    public override bool WaitsForDatabase => true;

    // A message that no pipe has consumed counts as skipped, and would be moved to the dead letters.
    public override Task Duplicate()
    {
        Span?.SetTag("shop.duplicate", true);
        return context.NotifyConsumed(context, TimeSpan.Zero, endpoint);
    }

    public override LaterMessage? ForLater() => LaterMessage.Of(endpoint, Key!.Value.MessageId, context.ReceiveContext);

    public override async Task PutOff()
    {
        Span?.SetTag("shop.put_off", true);
        await context.NotifyConsumed(context, TimeSpan.Zero, endpoint);
        Committed();
    }

    public override void Committed()
    {
        base.Committed();
        _done.TrySetResult();
    }

    public override void Failed(Exception error)
    {
        base.Failed(error);
        _done.TrySetException(error);
    }

    protected override Task Run(UnitOfWork<TDb> unit) => next.Send(new UnitOfWorkConsumeContext(context, unit));

    /// <summary>What consumers and sagas see: everything they publish, send or schedule is captured for the outbox.</summary>
    sealed class UnitOfWorkConsumeContext : ConsumeContextScope<TMessage>
    {
        public UnitOfWorkConsumeContext(ConsumeContext<TMessage> context, UnitOfWork<TDb> unit)
            : base(context, new ExistingScope(unit.Services), unit.Services, unit.Outgoing)
        {
            var receiving = new OutboxReceiveContext(unit.Capture(context.ConversationId), context.ReceiveContext);
            ReceiveContext = receiving;
            PublishEndpointProvider = receiving.PublishEndpointProvider;
            var scheduler = new OutboxScheduler(receiving.SendEndpointProvider, unit.Outgoing);
            AddOrUpdatePayload<MessageSchedulerContext>(
                () => Scheduling(scheduler, unit.Topology), _ => Scheduling(scheduler, unit.Topology));
        }

        ConsumeMessageSchedulerContext Scheduling(OutboxScheduler scheduler, IBusTopology topology) =>
            new(this, _ => new MessageScheduler(scheduler, topology));
    }

    /// <summary>The batch's scope. MassTransit finds it here and makes none of its own; only the batch disposes of it.</summary>
    sealed class ExistingScope(IServiceProvider services) : IServiceScope
    {
        public IServiceProvider ServiceProvider => services;

        public void Dispose()
        {
        }
    }
}

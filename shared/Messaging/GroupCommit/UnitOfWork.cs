using MassTransit;
using MassTransit.Middleware.Outbox;
using MassTransit.Transports;
using Microsoft.EntityFrameworkCore;

namespace Shop.Messaging;

/// <summary>
/// What one piece of work may do: change entities and say what shall be sent. Everything is committed together with the
/// other work of the batch, or not at all.
/// </summary>
public sealed class UnitOfWork<TDb> where TDb : DbContext
{
    readonly IBus _bus;
    readonly Outgoing _outgoing;

    internal UnitOfWork(TDb db, Rows<TDb> rows, IBus bus, Outgoing outgoing, IServiceProvider services)
    {
        Db = db;
        Rows = rows;
        _bus = bus;
        _outgoing = outgoing;
        Services = services;
    }

    /// <summary>The rows that the batch has loaded and locked, and the place for new ones.</summary>
    public Rows<TDb> Rows { get; }

    /// <summary>Shared by the batch. Saving and committing is not the work's business.</summary>
    public TDb Db { get; }

    internal IServiceProvider Services { get; }

    PublishEndpoint Publisher => new(new OutboxPublishEndpointProvider(Capture(), _bus));

    internal IBusTopology Topology => _bus.Topology;

    internal Outgoing Outgoing => _outgoing;

    /// <param name="conversationId">That of the message being handled; null begins a new one.</param>
    internal OutboxCapture Capture(Guid? conversationId = null) => new(_outgoing, Services, conversationId ?? Guid.NewGuid(), this);

    /// <summary>Sends to every subscriber of the message's type once the batch has committed.</summary>
    public Task Publish<T>(T message, CancellationToken cancellation = default) where T : class =>
        Publisher.Publish(message, cancellation);

    /// <inheritdoc cref="Publish{T}"/>
    public Task Publish(object message, CancellationToken cancellation = default) =>
        Publisher.Publish(message, message.GetType(), cancellation);

    /// <summary>
    /// Sends to one endpoint of this service after a delay, measured by the database's clock. It counts from when the broker has confirmed
    /// what else this work sends, announcements aside.
    /// </summary>
    /// <returns>The token by which <see cref="Unschedule"/> takes it back.</returns>
    public async Task<Guid> Schedule<T>(
        string endpoint, T message, TimeSpan delay, CancellationToken cancellation = default) where T : class
    {
        var scheduler = new OutboxScheduler(new OutboxSendEndpointProvider(Capture(), _bus), _outgoing);
        var scheduled = await scheduler.ScheduleSend(
            new Uri($"exchange:{endpoint}"), TimeProvider.System.GetUtcNow().UtcDateTime + delay, message, Pipe.Empty<SendContext<T>>(),
            cancellation);
        return scheduled.TokenId;
    }

    /// <summary>Takes back a scheduled message, if it has not gone out yet.</summary>
    public void Unschedule(Guid token) => _outgoing.Unschedule(token);

    /// <summary>Runs after a successful commit; not at all after a rollback, and not after a crash.</summary>
    public void AfterCommit(Action action) => _outgoing.AfterCommit(action);
}

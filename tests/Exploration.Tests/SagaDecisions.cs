using System.Collections.Concurrent;
using MassTransit;
using MassTransit.Saga;
using MassTransit.Testing;
using Microsoft.Extensions.DependencyInjection;
using Shop.Contracts.Inventory;
using Shop.Contracts.Ordering;
using Shop.Contracts.Payment;
using Shop.Ordering.Orders;
using Shop.Ordering.Sagas;

namespace Shop.Exploration.Tests;

/// <summary>The saga after a message, and the messages it sends.</summary>
sealed record SagaOutcome(SagaView After, IReadOnlyList<Mail> Sent);

/// <summary>The saga has no arrow for a message: it would become a dead letter.</summary>
sealed class UnexpectedMessageException(Mail mail, SagaView state) : Exception($"The saga has no arrow for {mail} in {state}")
{
    public Mail Mail => mail;
}

/// <summary>
/// The production state machine on MassTransit's in-memory transport. Each pair of state and message is run once, because the result does
/// not depend on the path to it.
/// </summary>
sealed class SagaDecisions : IAsyncDisposable
{
    static readonly TimeSpan _deadline = TimeSpan.FromSeconds(30);
    static readonly TimeSpan _never = TimeSpan.FromHours(12);

    readonly Dictionary<(SagaView, Mail), SagaOutcome> _known = [];
    readonly ConcurrentDictionary<Guid, ConcurrentQueue<object>> _sent = new();
    readonly ServiceProvider _services;
    readonly ITestHarness _harness;

    SagaDecisions(ServiceProvider services) =>
        (_services, _harness) = (services, services.GetRequiredService<ITestHarness>());

    public static async Task<SagaDecisions> Open()
    {
        var services = new ServiceCollection()
            .AddSingleton(TimeProvider.System)
            .Configure<OrderSagaOptions>(_ => { })
            .AddSingleton(Microsoft.Extensions.Options.Options.Create(
                new OrderSagaOptions { StockTimeLimit = _never, PaymentTimeLimit = _never, CompensationTimeLimit = _never }))
            .AddMassTransitTestHarness(TextWriter.Null, bus =>
            {
                bus.SetTestTimeouts(_deadline, _deadline);
                bus.AddSagaStateMachine<OrderSaga, Order>().InMemoryRepository();
                bus.AddDelayedMessageScheduler();
                bus.UsingInMemory((context, memory) =>
                {
                    memory.UseDelayedMessageScheduler();
                    memory.ConfigureEndpoints(context);
                });
            })
            .BuildServiceProvider(validateScopes: true);
        var decisions = new SagaDecisions(services);
        await decisions._harness.Start();
        decisions._harness.Bus.ConnectPublishObserver(new Recorder(decisions._sent));
        return decisions;
    }

    public async Task<SagaOutcome> On(SagaView before, Mail mail) =>
        _known.TryGetValue((before, mail), out var known) ? known : _known[(before, mail)] = await Ask(before, mail);

    public ValueTask DisposeAsync() => _services.DisposeAsync();

    async Task<SagaOutcome> Ask(SagaView before, Mail mail)
    {
        var order = await Put(before);
        var token = order.DeadlineToken;
        var message = MessageOf(mail, order.CorrelationId);
        var messageId = NewId.NextGuid();
        _sent[order.CorrelationId] = [];
        await _harness.Bus.Publish(message, message.GetType(), context =>
        {
            context.MessageId = messageId;
            if (mail is Mail.StockOverdue or Mail.PaymentOverdue or Mail.CompensationOverdue)
            {
                context.Headers.Set(MessageHeaders.SchedulingTokenId, token!.Value.ToString("D"));
            }
            else if (mail >= Mail.StaleStockOverdue)
            {
                context.Headers.Set(MessageHeaders.SchedulingTokenId, Guid.NewGuid().ToString("D"));
            }
        });
        Assert.True(
            await _harness.Consumed.SelectAsync(one => one.Context.MessageId == messageId).Any(), $"{mail} was not consumed in {before}.");
        var consumed = _harness.Consumed.Select(one => one.Context.MessageId == messageId).First();
        if (consumed.Exception is not null)
        {
            throw new UnexpectedMessageException(mail, before);
        }

        // OrderCancelled is for subscribers, and no service is one.
        var timer = order.DeadlineToken is null ? Timer.None : order.DeadlineToken == token ? before.Timer : Timer.Pending;
        return new(
            new(order.Status, order.Reason, order.AwaitsStockRelease, order.AwaitsRefund, timer),
            [.. _sent[order.CorrelationId].Where(sent => sent != message && sent is not OrderCancelled)
                .Select(sent => Enum.Parse<Mail>(sent.GetType().Name))]);
    }

    /// <summary>Makes an order with the state of a view.</summary>
    public static Order Make(SagaView view)
    {
        var order = Order.Place(Guid.CreateVersion7(), "alice", [new("LAST-ONE", 1, 99)], "tok_visa", DateTimeOffset.UtcNow);
        order.Status = view.Status;
        order.DeadlineToken = view.Timer == Timer.None ? null : Guid.NewGuid();
        if (view.Reason is not null)
        {
            order.Cancel(view.Reason, view.AwaitsStock, view.AwaitsRefund);
        }

        return order;
    }

    async Task<Order> Put(SagaView view)
    {
        var order = Make(view);
        var sagas = _services.GetRequiredService<IndexedSagaDictionary<Order>>();
        await sagas.MarkInUse(TestContext.Current.CancellationToken);
        sagas.Add(new SagaInstance<Order>(order));
        sagas.Release();
        return order;
    }

    static object MessageOf(Mail mail, Guid orderId) => mail switch
    {
        Mail.StockReserved => new StockReserved(orderId),
        Mail.StockRejected => new StockRejected(orderId, ["LAST-ONE"]),
        Mail.StockReleased => new StockReleased(orderId),
        Mail.SaleRejected => new SaleRejected(orderId, ["LAST-ONE"]),
        Mail.PaymentTaken => new PaymentTaken(orderId),
        Mail.PaymentDeclined => new PaymentDeclined(orderId, "card_declined"),
        Mail.PaymentRefunded => new PaymentRefunded(orderId, 99),
        Mail.CancellationRequested => new CancellationRequested(orderId),
        Mail.StockOverdue or Mail.StaleStockOverdue => new StockOverdue(orderId),
        Mail.PaymentOverdue or Mail.StalePaymentOverdue => new PaymentOverdue(orderId),
        Mail.CompensationOverdue or Mail.StaleCompensationOverdue => new CompensationOverdue(orderId),
        _ => throw new ArgumentOutOfRangeException(nameof(mail), mail, "Not for the saga."),
    };

    sealed class Recorder(ConcurrentDictionary<Guid, ConcurrentQueue<object>> sent) : IPublishObserver
    {
        public Task PrePublish<T>(PublishContext<T> context) where T : class => Task.CompletedTask;

        public Task PostPublish<T>(PublishContext<T> context) where T : class
        {
            var orderId = (Guid)context.Message.GetType().GetProperty(nameof(OrderConfirmed.OrderId))!.GetValue(context.Message)!;
            sent.GetOrAdd(orderId, _ => []).Enqueue(context.Message);
            return Task.CompletedTask;
        }

        public Task PublishFault<T>(PublishContext<T> context, Exception exception) where T : class => Task.CompletedTask;
    }
}

using System.Collections.Concurrent;
using MassTransit;
using MassTransit.Saga;
using MassTransit.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Shop.Contracts.Payment;
using Shop.Ordering.Orders;
using Shop.Ordering.Sagas;

namespace Shop.Ordering.Tests.Rules;

/// <summary>
/// The production saga on MassTransit's in-memory transport. A test puts an order into a state, delivers a message and looks at the result.
/// </summary>
public sealed class SagaScenario : IAsyncLifetime
{
    static readonly TimeSpan _deadline = TimeSpan.FromSeconds(20);

    readonly ConcurrentDictionary<Guid, ConcurrentQueue<object>> _sent = new();
    readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
    ServiceProvider _services = null!;
    ITestHarness _harness = null!;

    public async ValueTask InitializeAsync()
    {
        _services = new ServiceCollection()
            .AddSingleton<TimeProvider>(_clock)
            .AddSingleton(_sent)
            .AddOptions<OrderSagaOptions>().Services
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
        _harness = _services.GetRequiredService<ITestHarness>();
        await _harness.Start();
        _harness.Bus.ConnectPublishObserver(new Recorder(_sent));
    }

    public ValueTask DisposeAsync() => _services.DisposeAsync();

    /// <summary>An order in a state, waiting with a deadline where the saga would.</summary>
    public async Task<Order> Given(string status, bool awaitsStock = false, bool awaitsRefund = false)
    {
        var order = Order.Place(
            Guid.CreateVersion7(), "alice", [new("MUG-01", 2, 12.50m)], "tok_visa", _clock.GetUtcNow());
        order.Status = status;
        order.DeadlineToken = order.IsTerminal ? null : Guid.NewGuid();
        if (status is OrderStatus.Cancelling or OrderStatus.Cancelled)
        {
            order.Cancel(CancelReason.CustomerRequest, awaitsStock, awaitsRefund);
        }

        var sagas = _services.GetRequiredService<IndexedSagaDictionary<Order>>();
        await sagas.MarkInUse(TestContext.Current.CancellationToken);
        sagas.Add(new SagaInstance<Order>(order));
        sagas.Release();
        return order;
    }

    /// <summary>Delivers a message and waits until the saga has handled it.</summary>
    /// <param name="token">For a deadline: which one it is.</param>
    /// <returns>What the saga published in return.</returns>
    public async Task<IReadOnlyList<object>> When(Order order, object message, Guid? token = null)
    {
        _sent[order.CorrelationId] = [];
        var messageId = NewId.NextGuid();
        await _harness.Bus.Publish(message, message.GetType(), context =>
        {
            context.MessageId = messageId;
            if (token is { } scheduled)
            {
                context.Headers.Set(MessageHeaders.SchedulingTokenId, scheduled.ToString("D"));
            }
        });
        Assert.True(
            await _harness.Consumed.SelectAsync(received => received.Context.MessageId == messageId).Any(),
            $"The saga has not consumed {message.GetType().Name}.");
        var received = _harness.Consumed.Select(received => received.Context.MessageId == messageId).First();
        Assert.Null(received.Exception);
        return [.. _sent[order.CorrelationId].Where(sent => sent != message)];
    }

    sealed class Recorder(ConcurrentDictionary<Guid, ConcurrentQueue<object>> sent) : IPublishObserver
    {
        public Task PrePublish<T>(PublishContext<T> context) where T : class => Task.CompletedTask;

        public Task PostPublish<T>(PublishContext<T> context) where T : class
        {
            var orderId = (Guid)context.Message.GetType().GetProperty(nameof(TakePayment.OrderId))!.GetValue(context.Message)!;
            sent.GetOrAdd(orderId, []).Enqueue(context.Message);
            return Task.CompletedTask;
        }

        public Task PublishFault<T>(PublishContext<T> context, Exception exception) where T : class => Task.CompletedTask;
    }
}

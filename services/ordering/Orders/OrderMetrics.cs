using System.Diagnostics.Metrics;
using MassTransit;
using Shop.Messaging;

namespace Shop.Ordering.Orders;

/// <summary>
/// Counts orders when they are placed and when they end. It counts after the commit, so a batch that is rolled back and a message that
/// arrives twice do not count. A crash right after the commit loses the count. Nothing counts twice.
/// </summary>
sealed class OrderMetrics : IHostedService, IStateObserver<Order>, IDisposable
{
    // The buckets include possible objectives: 5 s is the one of deploy/observability/alerts.yml.
    static readonly double[] _seconds = [0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300];

    // Each tag is made once, so that counting allocates nothing.
    static readonly KeyValuePair<string, object?> _confirmed = new("shop.order.outcome", "confirmed");
    static readonly KeyValuePair<string, object?> _cancelled = new("shop.order.outcome", "cancelled");

    readonly Meter _meter = new("Shop.Ordering");
    readonly Counter<long> _placed;
    readonly Counter<long> _ended;
    readonly Counter<long> _undone;
    readonly Histogram<double> _duration;
    readonly IDisposable _observing;

    public OrderMetrics(SagaStateMachine<Order> saga)
    {
        _placed = _meter.CreateCounter<long>("shop.orders.placed", "{order}", "Orders accepted");
        _ended = _meter.CreateCounter<long>("shop.orders.ended", "{order}", "Orders that reached their first end, by outcome and reason");
        _undone = _meter.CreateCounter<long>("shop.orders.undone", "{order}", "Orders cancelled after they had been confirmed, by reason");
        _duration = _meter.CreateHistogram(
            "shop.order.duration",
            "s",
            "Time from an order's acceptance to its first end",
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = _seconds });
        _observing = saga.ConnectStateObserver(this);
    }

    /// <summary>Begins every counter at 0, because Prometheus does not see the step from nothing to 1 as an increase.</summary>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        _placed.Add(0);
        _ended.Add(0, _confirmed);
        foreach (var reason in CancelReason.All)
        {
            _ended.Add(0, _cancelled, Of(reason));
            _undone.Add(0, Of(reason));
        }

        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose()
    {
        _observing.Dispose();
        _meter.Dispose();
    }

    public void Placed() => _placed.Add(1);

    // The order may change again in the same batch, so all values are read here.
    public Task StateChanged(BehaviorContext<Order> context, State currentState, State? previousState)
    {
        var order = context.Saga;
        if (currentState.Name == OrderStatus.Confirmed)
        {
            AfterCommit(context, seconds =>
            {
                _ended.Add(1, _confirmed);
                _duration.Record(seconds, _confirmed);
            });
        }
        else if (currentState.Name == OrderStatus.Cancelled)
        {
            var reason = Of(order.Reason!);
            if (order.ConfirmedAt is null)
            {
                AfterCommit(context, seconds =>
                {
                    _ended.Add(1, _cancelled, reason);
                    _duration.Record(seconds, _cancelled, reason);
                });
            }
            else
            {
                AfterCommit(context, _ => _undone.Add(1, reason));
            }
        }

        return Task.CompletedTask;
    }

    static void AfterCommit(BehaviorContext<Order> context, Action<double> count)
    {
        var seconds = SecondsSincePlaced(context.Saga);
        context.AfterCommit(() => count(seconds));
    }

    // The duration comes from the order's own timestamps. Two replicas with different clocks may have written them.
    static double SecondsSincePlaced(Order order) => Math.Max(0, (order.Timeline[^1].At - order.PlacedAt).TotalSeconds);

    static KeyValuePair<string, object?> Of(string reason) => new("shop.order.reason", reason);
}

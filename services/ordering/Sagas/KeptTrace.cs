using System.Diagnostics;
using Shop.Hosting;
using Shop.Messaging;
using Shop.Ordering.Orders;

namespace Shop.Ordering.Sagas;

/// <summary>
/// The trace of an order that sampling has passed over, and that turns out to be worth keeping. What was not recorded is told from
/// the order's timeline: a span for the order so far, and below it one for each status it had. What the order causes from here on is
/// sampled, in all services, and hangs on that span.
/// </summary>
sealed class KeptTrace
{
    static readonly ActivitySource _source = new("Shop.Ordering");

    readonly Activity _span;
    readonly Guid _orderId;
    readonly IReadOnlyList<TimelineStep> _timeline;

    KeptTrace(Activity span, Order order) => (_span, _orderId, _timeline) = (span, order.CorrelationId, order.Timeline);

    /// <summary>From now on the current span is that of the kept order. It is exported by <see cref="End"/>.</summary>
    /// <returns>Null if the trace is sampled anyway, or nobody collects traces.</returns>
    public static KeptTrace? Begin(Order order, string status, string reason)
    {
        if (KeptSpan.Start(_source, "kept order", order.PlacedAt) is not { } span)
        {
            return null;
        }

        OrderOfTrace.Begin(order.CorrelationId);
        span.SetTag("shop.trace.kept", reason).SetTag("shop.order.status", status);
        return new(span, order);
    }

    /// <summary>Once what was decided is true.</summary>
    public void End()
    {
        foreach (var (step, next) in _timeline.Zip(_timeline.Skip(1)))
        {
            using var span = _source.CreateActivity(step.Status, ActivityKind.Internal, _span.Context);
            span?
                .SetTag(OrderOfTrace.Key, $"{_orderId}")
                .SetTag("shop.order.step", step.What)
                .SetStartTime(step.At.UtcDateTime)
                .Start()
                .SetEndTime(next.At.UtcDateTime);
        }

        _span.Stop();
    }
}

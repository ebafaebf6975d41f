using System.Diagnostics;
using Shop.Hosting;
using Shop.Messaging;
using Shop.Ordering.Orders;

namespace Shop.Ordering.Sagas;

/// <summary>
/// The trace of an order that sampling has passed over and that turns out to be worth keeping. The order's timeline replaces the spans that
/// were not recorded: one span for the order so far, and below it one for each status it had. Everything the order causes from here on is
/// sampled in all services, below that span.
/// </summary>
sealed class KeptTrace
{
    static readonly ActivitySource _source = new("Shop.Ordering");

    readonly Activity _span;
    readonly Guid _orderId;
    readonly IReadOnlyList<TimelineStep> _timeline;

    KeptTrace(Activity span, Order order) => (_span, _orderId, _timeline) = (span, order.CorrelationId, order.Timeline);

    /// <summary>Makes the span of the kept order the current one. <see cref="End"/> exports it.</summary>
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

    /// <summary>Ends the span after the commit.</summary>
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

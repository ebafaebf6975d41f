using MassTransit;
using Shop.Hosting;
using Shop.Messaging;
using Shop.Ordering.Orders;

namespace Shop.Ordering.Sagas;

/// <summary>Records a step in the order's timeline, in a kept trace and, after the commit, in the log.</summary>
public sealed partial class OrderSaga
{
    void Record(BehaviorContext<Order> context, string status, string service, string what)
    {
        var (order, now) = (context.Saga, _clock.GetUtcNow());
        var isChange = status != order.Status;
        var reason = _keptTraces.ReasonToKeep(order, status, now);
        order.Record(status, service, what, now);
        var kept = reason is null ? null : KeptTrace.Begin(order, status, reason);
        if (isChange)
        {
            context.AfterCommit(() => Tell(order, status, what));
        }

        if (kept is not null)
        {
            context.AfterCommit(kept.End);
        }
    }

    // To the trace and to the log.
    void Tell(Order order, string status, string what)
    {
        var reason = status == OrderStatus.Confirmed ? null : order.Reason;
        OrderOfTrace.Became(status, reason);
        if (reason is not null)
        {
            LogEnding(order.CorrelationId, status, reason, what);
        }
        else
        {
            LogBecame(order.CorrelationId, status, what);
        }
    }

    [LoggerMessage(LogLevel.Information, "Order {OrderId} became {Status}: {Total} EUR, lines: {Lines}")]
    partial void LogPlaced(Guid orderId, string status, int lines, decimal total);

    [LoggerMessage(LogLevel.Information, "Order {OrderId} became {Status}: {What}")]
    partial void LogBecame(Guid orderId, string status, string what);

    [LoggerMessage(LogLevel.Information, "Order {OrderId} became {Status} ({Reason}): {What}")]
    partial void LogEnding(Guid orderId, string status, string reason, string what);
}

using Microsoft.Extensions.Options;
using Shop.Hosting;
using Shop.Ordering.Sagas;

namespace Shop.Ordering.Orders;

/// <summary>The promises that ordering can check by itself.</summary>
static class OrderInvariants
{
    public static DatabaseGauge OldestUnfinished { get; } = new(
        "shop.orders.unfinished.age",
        "s",
        "Age of the oldest order that has not ended",
        $"select extract(epoch from now() - min(placed_at))::float8 from ordering.orders where {Unfinished}");

    /// <summary>Finished orders are left out, because they are many and <see cref="OrderMetrics"/> counts them.</summary>
    public static DatabaseGauge Sagas { get; } = new(
        "shop.saga.instances",
        "{order}",
        "Orders that have not ended, by the state of their saga",
        $"""
        select state.name, count(orders.id)::float8
        from (values ('{OrderStatus.Placed}'), ('{OrderStatus.StockReserved}'), ('{OrderStatus.Cancelling}')) state (name)
        left join ordering.orders on status = state.name and {Unfinished} group by 1
        """,
        "shop.saga.state");

    // The condition must be that of the index ix_orders_unfinished, word for word.
    const string Unfinished = "status not in ('Confirmed', 'Cancelled')";

    public static IReadOnlyList<InvariantRule> Rules(IServiceProvider services, TimeSpan grace)
    {
        var limit = services.GetRequiredService<IOptions<OrderSagaOptions>>().Value.LongestWait + grace;
        return
        [
            new(
                "orders-end",
                "every accepted order reaches Confirmed or Cancelled",
                $"""
                select 'order ' || id, 'ended within {limit}', status || ' since ' || placed_at
                from ordering.orders where {Unfinished} and placed_at < now() - {InvariantRule.Interval(limit)}
                """),
        ];
    }
}

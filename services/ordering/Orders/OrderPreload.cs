using Microsoft.EntityFrameworkCore;
using Shop.Contracts.Inventory;
using Shop.Contracts.Payment;
using Shop.Messaging;
using Shop.Ordering.Data;
using Shop.Ordering.Sagas;

namespace Shop.Ordering.Orders;

/// <summary>
/// Locks the orders, and loads the prices and stored answers, that a batch is about. A batch of the products' own endpoint
/// locks the products it changes.
/// </summary>
sealed class OrderPreload : IPreload<OrderingDbContext>
{
    public async Task Load(
        OrderingDbContext db, IReadOnlyCollection<object> messages, CancellationToken cancellation)
    {
        if (Distinct(messages.Select(OrderIdOf).OfType<Guid>()) is { Length: > 0 } orders)
        {
            await db.Orders
                .FromSql($"select * from ordering.orders where id = any ({orders}) order by id for update")
                .LoadAsync(cancellation);
        }

        if (Distinct(messages.OfType<ProductChanged>().Select(change => change.Sku)) is { Length: > 0 } changed)
        {
            await db.Products
                .FromSql($"select * from ordering.products where sku = any ({changed}) order by sku for update")
                .LoadAsync(cancellation);
        }

        var placements = messages.OfType<PlaceOrder.Placement>().ToArray();
        if (Distinct(placements.SelectMany(placement => placement.Skus)) is { Length: > 0 } skus)
        {
            await db.Products.Where(product => skus.Contains(product.Sku)).LoadAsync(cancellation);
        }

        if (placements.Where(placement => placement.IdempotencyKey is not null).ToArray() is { Length: > 0 } keyed)
        {
            var customers = keyed.Select(placement => placement.CustomerId).ToArray();
            var keys = keyed.Select(placement => placement.IdempotencyKey!).ToArray();
            await db.StoredAnswers
                .FromSql(
                    $"""
                    select answer.* from ordering.stored_answers answer
                    join unnest({customers}, {keys}) as asked (customer_id, idempotency_key)
                        using (customer_id, idempotency_key)
                    """)
                .LoadAsync(cancellation);
        }
    }

    static Guid? OrderIdOf(object message) => message switch
    {
        StockReserved reserved => reserved.OrderId,
        StockRejected rejected => rejected.OrderId,
        StockReleased released => released.OrderId,
        SaleRejected rejected => rejected.OrderId,
        PaymentTaken taken => taken.OrderId,
        PaymentDeclined declined => declined.OrderId,
        PaymentRefunded refunded => refunded.OrderId,
        StockOverdue overdue => overdue.OrderId,
        PaymentOverdue overdue => overdue.OrderId,
        CompensationOverdue overdue => overdue.OrderId,
        CancelOrder.Cancellation cancellation => cancellation.OrderId,
        CancellationRequested requested => requested.OrderId,
        _ => null,
    };

    static T[] Distinct<T>(IEnumerable<T> values) => [.. values.Distinct()];
}

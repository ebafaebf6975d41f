using MassTransit;
using Shop.Contracts.Inventory;
using Shop.Contracts.Ordering;
using Shop.Inventory.Data;

namespace Shop.Inventory.Reservations;

/// <summary>
/// Turns the hold of a confirmed order into a sale. If the hold has run out meanwhile the order gets what is still there,
/// and if that is too little Ordering is told to undo the order.
/// </summary>
sealed partial class SellStockConsumer(InventoryDbContext db, ILogger<SellStockConsumer> logger)
    : IConsumer<OrderConfirmed>
{
    public async Task Consume(ConsumeContext<OrderConfirmed> context)
    {
        var orderId = context.Message.OrderId;
        if (await db.Reservations.FindAsync([orderId], context.CancellationToken) is not { } reservation)
        {
            // An order is confirmed only after its stock was reserved, so this is somebody's mistake, not a late message.
            throw new InvalidOperationException($"Order {orderId} was confirmed, but never had a reservation.");
        }

        if (reservation.Sell(db.ShelfFor(reservation.Lines)) is not [] and var missing)
        {
            await context.Publish(new SaleRejected(orderId, missing), context.CancellationToken);
            LogRejected(orderId, missing[0]);
        }
    }

    [LoggerMessage(LogLevel.Warning, "Order {OrderId} was confirmed after its hold had run out, and {Sku} is gone")]
    partial void LogRejected(Guid orderId, string sku);
}

using MassTransit;
using Shop.Contracts.Inventory;
using Shop.Inventory.Data;

namespace Shop.Inventory.Reservations;

/// <summary>
/// Compensation: gives back what an order holds or has bought. Overtaking its own ReserveStock, it leaves a tombstone that
/// makes the late command harmless.
/// </summary>
sealed partial class ReleaseStockConsumer(InventoryDbContext db, ILogger<ReleaseStockConsumer> logger)
    : IConsumer<ReleaseStock>
{
    public async Task Consume(ConsumeContext<ReleaseStock> context)
    {
        var orderId = context.Message.OrderId;
        if (await db.Reservations.FindAsync([orderId], context.CancellationToken) is { } reservation)
        {
            reservation.Release(db.ShelfFor(reservation.Lines));
        }
        else
        {
            db.Add(Reservation.Tombstone(orderId));
        }

        await context.Publish(new StockReleased(orderId), context.CancellationToken);
        LogReleased(orderId);
    }

    [LoggerMessage(LogLevel.Debug, "Released the stock of order {OrderId}")]
    partial void LogReleased(Guid orderId);
}

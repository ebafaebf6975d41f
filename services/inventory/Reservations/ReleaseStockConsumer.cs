using MassTransit;
using Shop.Contracts.Inventory;
using Shop.Inventory.Data;
using Shop.Messaging;

namespace Shop.Inventory.Reservations;

/// <summary>Compensation: gives back what an order holds or has bought.</summary>
sealed partial class ReleaseStockConsumer(InventoryDbContext db, ILogger<ReleaseStockConsumer> logger)
    : IConsumer<ReleaseStock>
{
    public async Task Consume(ConsumeContext<ReleaseStock> context)
    {
        var orderId = context.Message.OrderId;
        var earlier = await db.Reservations.FindAsync([orderId], context.CancellationToken);
        var before = earlier?.State;
        var (made, announcement) = Reservation.Release(context.Message, earlier, db.ShelfFor(earlier?.Lines ?? []));
        if (made is not null)
        {
            db.Add(made);
        }

        await context.Publish(announcement, context.CancellationToken);
        if (before != ReservationState.Released)
        {
            context.AfterCommit(() => LogReleased(orderId, ReservationState.Released, before?.ToString() ?? "nothing"));
        }
    }

    [LoggerMessage(LogLevel.Information, "Reservation of order {OrderId} became {State}: it was {Before}")]
    partial void LogReleased(Guid orderId, ReservationState state, string before);
}

using MassTransit;
using Shop.Contracts.Inventory;
using Shop.Inventory.Data;
using Shop.Messaging;

namespace Shop.Inventory.Reservations;

/// <summary>Compensation: gives back what an order holds or has bought.</summary>
sealed partial class ReleaseStockConsumer(Rows<InventoryDbContext> rows, ILogger<ReleaseStockConsumer> logger)
    : IConsumer<ReleaseStock>, INeedRows<ReleaseStock>
{
    public static void Need(ReleaseStock message, NeededRows rows) => rows.LockReservation(message.OrderId);

    public async Task Consume(ConsumeContext<ReleaseStock> context)
    {
        var orderId = context.Message.OrderId;
        var earlier = rows.Find<Reservation>(orderId);
        var before = earlier?.State;
        var decision = Reservation.Release(context.Message, earlier, rows.ProductsOf(earlier?.Lines ?? []));
        if (decision.Created is not null)
        {
            rows.Add(decision.Created);
        }

        await context.Publish(decision.Event!.Message, context.CancellationToken);
        if (before != ReservationState.Released)
        {
            context.AfterCommit(() => LogReleased(orderId, ReservationState.Released, before?.ToString() ?? "nothing"));
        }
    }

    [LoggerMessage(LogLevel.Information, "Reservation of order {OrderId} became {State}: it was {Before}")]
    partial void LogReleased(Guid orderId, ReservationState state, string before);
}

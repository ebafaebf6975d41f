using MassTransit;
using Shop.Contracts.Inventory;
using Shop.Contracts.Ordering;
using Shop.Inventory.Data;
using Shop.Messaging;

namespace Shop.Inventory.Reservations;

/// <summary>
/// Turns the hold of a confirmed order into a sale. If the hold has run out meanwhile, the order gets available stock. If that is too
/// little, Ordering is told to undo the order.
/// </summary>
sealed partial class SellStockConsumer(Rows<InventoryDbContext> rows, ILogger<SellStockConsumer> logger)
    : IConsumer<OrderConfirmed>, INeedRows<OrderConfirmed>
{
    public static void Need(OrderConfirmed message, NeededRows rows) => rows.LockReservation(message.OrderId);

    public async Task Consume(ConsumeContext<OrderConfirmed> context)
    {
        var orderId = context.Message.OrderId;
        if (rows.Find<Reservation>(orderId) is not { } reservation)
        {
            // An order is confirmed after its stock was reserved, so a missing reservation is a mistake and not a late message.
            throw new InvalidOperationException($"Order {orderId} was confirmed, but never had a reservation.");
        }

        var before = reservation.State;
        if (reservation.Sell(rows.ProductsOf(reservation.Lines)) is not [] and var missing)
        {
            await context.Publish(new SaleRejected(orderId, missing), context.CancellationToken);
            context.AfterCommit(() => LogGone(orderId, ReservationState.Released, missing[0]));
        }
        else if (reservation.State != before)
        {
            context.AfterCommit(() => LogSold(orderId, ReservationState.Sold, before));
        }
    }

    [LoggerMessage(LogLevel.Information, "Reservation of order {OrderId} became {State}: it was {Before}")]
    partial void LogSold(Guid orderId, ReservationState state, ReservationState before);

    [LoggerMessage(
        LogLevel.Warning,
        "Reservation of order {OrderId} became {State}: confirmed after the hold had expired, and {Sku} was out of stock")]
    partial void LogGone(Guid orderId, ReservationState state, string sku);
}

using MassTransit;
using Shop.Contracts.Inventory;
using Shop.Inventory.Data;
using Shop.Messaging;

namespace Shop.Inventory.Reservations;

/// <summary>
/// Holds stock for an order: every line or none. Products are locked for the batch, so however many orders want the last
/// mug, one gets it and the others are told.
/// </summary>
sealed partial class ReserveStockConsumer(InventoryDbContext db, ILogger<ReserveStockConsumer> logger)
    : IConsumer<ReserveStock>
{
    public async Task Consume(ConsumeContext<ReserveStock> context)
    {
        var (orderId, lines) = context.Message;
        Check(context.Message);
        // What StockPreload has not found is not there; asking again would cost a round trip for each order.
        var earlier = db.Reservations.Local.FindEntry(orderId)?.Entity;
        var (made, announcement) = Reservation.Reserve(context.Message, earlier, db.ShelfFor(lines));
        if (made is not null)
        {
            db.Add(made);
            context.AfterCommit(() => LogHeld(orderId, ReservationState.Held, lines.Count));
        }

        if (announcement is not null)
        {
            await context.Publish(announcement, context.CancellationToken);
        }

        if (announcement is StockRejected { MissingSkus: var missing })
        {
            context.AfterCommit(() => LogRejected(orderId, missing.Count, missing[0]));
        }
    }

    static void Check(ReserveStock message)
    {
        if (message.Lines is [] || message.Lines.Any(line => line.Quantity <= 0)
            || message.Lines.DistinctBy(line => line.Sku).Count() != message.Lines.Count)
        {
            throw new InvalidMessageException(
                typeof(ReserveStock), "there must be lines, each with another product and a quantity above zero.");
        }
    }

    [LoggerMessage(LogLevel.Information, "Reservation of order {OrderId} became {State}, lines: {Lines}")]
    partial void LogHeld(Guid orderId, ReservationState state, int lines);

    [LoggerMessage(LogLevel.Information, "Reserved nothing for order {OrderId}: {Missing} products short, first {Sku}")]
    partial void LogRejected(Guid orderId, int missing, string sku);
}

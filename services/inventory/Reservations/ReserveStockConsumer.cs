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
        if (await db.Reservations.FindAsync([orderId], context.CancellationToken) is { } earlier)
        {
            await AnswerAgain(context, earlier);
            return;
        }

        var shelf = db.ShelfFor(lines);
        if (Reservation.Missing(lines, shelf) is not [] and var missing)
        {
            await context.Publish(new StockRejected(orderId, missing), context.CancellationToken);
            LogRejected(orderId, missing.Count, missing[0]);
            return;
        }

        db.Add(Reservation.Hold(orderId, lines, shelf));
        await context.Publish(new StockReserved(orderId), context.CancellationToken);
        LogReserved(orderId, lines.Count);
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

    // A released order has been given up by its saga, which waits for no answer any more.
    static Task AnswerAgain(ConsumeContext<ReserveStock> context, Reservation earlier) =>
        earlier.State is ReservationState.Held or ReservationState.Sold
            ? context.Publish(new StockReserved(earlier.OrderId), context.CancellationToken)
            : Task.CompletedTask;

    [LoggerMessage(LogLevel.Debug, "Reserved {Lines} lines for order {OrderId}")]
    partial void LogReserved(Guid orderId, int lines);

    [LoggerMessage(LogLevel.Information, "Rejected order {OrderId}: {Missing} products short, first {Sku}")]
    partial void LogRejected(Guid orderId, int missing, string sku);
}

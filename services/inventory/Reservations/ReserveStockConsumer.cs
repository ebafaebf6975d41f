using MassTransit;
using Shop.Contracts.Inventory;
using Shop.Inventory.Data;
using Shop.Messaging;

namespace Shop.Inventory.Reservations;

/// <summary>
/// Holds stock for an order: every line or none. Products are locked for the batch, so one order gets the last mug and the others are
/// rejected, however many there are.
/// </summary>
sealed partial class ReserveStockConsumer(Rows<InventoryDbContext> rows, ILogger<ReserveStockConsumer> logger)
    : IConsumer<ReserveStock>, INeedRows<ReserveStock>
{
    public static void Need(ReserveStock message, NeededRows rows)
    {
        rows.Lock<Reservation>(message.OrderId);
        rows.LockProducts(message.Lines);
    }

    public async Task Consume(ConsumeContext<ReserveStock> context)
    {
        var (orderId, lines) = context.Message;
        Check(context.Message);
        var earlier = rows.Find<Reservation>(orderId);
        var decision = Reservation.Reserve(context.Message, earlier, rows.ProductsOf(lines));
        if (decision.Created is not null)
        {
            rows.Add(decision.Created);
            context.AfterCommit(() => LogHeld(orderId, ReservationState.Held, lines.Count));
        }

        if (decision.Event is { } answer)
        {
            await context.Publish(answer.Message, context.CancellationToken);
        }

        if (decision.Event is { Message: StockRejected { MissingSkus: var missing } })
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

using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Shop.Ordering.Data;
using Shop.Ordering.Sagas;

namespace Shop.Ordering.Orders;

/// <summary>
/// GET /ops/stuck-orders, for staff: orders that should have ended by now. An order that waits for a compensation stays in this list until
/// the other side answers.
/// </summary>
static class GetStuckOrders
{
    const int CountMax = 200;

    public sealed record StuckOrder(
        Guid OrderId, string CustomerId, string Status, string? Reason, DateTimeOffset PlacedAt, string WaitsFor);

    public sealed record Response(IReadOnlyList<StuckOrder> Orders, TimeSpan OlderThan);

    public static async Task<Ok<Response>> Handle(
        OrderingDbContext db, IOptions<OrderSagaOptions> options, TimeProvider clock, CancellationToken cancellation)
    {
        var longest = options.Value.LongestWait;
        var placedBefore = clock.GetUtcNow() - longest;
        var stuck = await db.Orders.AsNoTracking()
            .Where(order => order.Status != OrderStatus.Confirmed && order.Status != OrderStatus.Cancelled)
            .Where(order => order.PlacedAt < placedBefore)
            .OrderBy(order => order.CorrelationId)
            .Take(CountMax)
            .ToListAsync(cancellation);
        return TypedResults.Ok(new Response([.. stuck.Select(View)], longest));
    }

    static StuckOrder View(Order order) => new(
        order.CorrelationId, order.CustomerId, order.Status, order.Reason, order.PlacedAt, WaitsFor(order));

    static string WaitsFor(Order order) => order switch
    {
        { Status: OrderStatus.Placed } => "stock to be reserved",
        { Status: OrderStatus.StockReserved } => "payment to be taken",
        { AwaitsStockRelease: true, AwaitsRefund: true } => "stock to be released and payment to be refunded",
        { AwaitsStockRelease: true } => "stock to be released",
        _ => "payment to be refunded",
    };
}

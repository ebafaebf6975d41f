using System.Security.Claims;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Shop.Hosting;
using Shop.Ordering.Data;

namespace Shop.Ordering.Orders;

/// <summary>
/// GET /orders. Newest first, in keyset pages: order ids are time-ordered, so a page starts where the last one ended and
/// costs the same however deep it lies.
/// </summary>
static class ListOrders
{
    const int LimitMax = 100;

    /// <param name="Next">The cursor of the next page; null on the last.</param>
    public sealed record Response(IReadOnlyList<OrderView> Orders, string? Next);

    public static async Task<Results<Ok<Response>, ProblemHttpResult>> Handle(
        ClaimsPrincipal user,
        OrderingDbContext db,
        CancellationToken cancellation,
        string? limit = null,
        string? after = null,
        string? status = null)
    {
        var count = 20;
        if (limit is not null && (!int.TryParse(limit, out count) || count is < 1 or > LimitMax))
        {
            return Problem.Invalid("limit", $"The limit must be a whole number from 1 to {LimitMax}.");
        }

        var orders = db.Orders.AsNoTracking().VisibleTo(user);
        if (after is not null)
        {
            if (!Cursor.TryParse(after, out var last))
            {
                return Problem.Invalid("after", "This is not a cursor. Use the value of next from the page before.");
            }

            orders = orders.Where(order => order.CorrelationId < last);
        }

        if (status is not null)
        {
            if (!OrderStatus.All.Contains(status))
            {
                return Problem.Invalid("status", $"The status must be one of {string.Join(", ", OrderStatus.All)}.");
            }

            orders = orders.Where(order => order.Status == status);
        }

        // The query reads one row more, which tells whether there is a next page.
        var page = await orders
            .OrderByDescending(order => order.CorrelationId)
            .Take(count + 1)
            .ToListAsync(cancellation);
        var next = page.Count > count ? Cursor.For(page[count - 1].CorrelationId) : null;
        return TypedResults.Ok(new Response([.. page.Take(count).Select(OrderView.Of)], next));
    }
}

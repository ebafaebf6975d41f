using System.Security.Claims;
using Microsoft.AspNetCore.Http.HttpResults;
using Shop.Hosting;
using Shop.Ordering.Data;

namespace Shop.Ordering.Orders;

/// <summary>GET /orders/{id}/timeline: what happened to an order, step by step.</summary>
static class GetTimeline
{
    public sealed record Response(Guid OrderId, IReadOnlyList<TimelineStep> Steps);

    public static async Task<Results<Ok<Response>, ProblemHttpResult>> Handle(
        string id, ClaimsPrincipal user, OrderingDbContext db, CancellationToken cancellation)
    {
        if (!Guid.TryParse(id, out var orderId))
        {
            return Problem.Invalid("id", "An order id is a UUID.");
        }

        return await db.FindOrder(orderId, user, cancellation) is { } order
            ? TypedResults.Ok(new Response(order.CorrelationId, order.Timeline))
            : Problem.NotFound("There is no such order.");
    }
}

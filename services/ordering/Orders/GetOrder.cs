using System.Security.Claims;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Net.Http.Headers;
using Shop.Hosting;
using Shop.Ordering.Data;

namespace Shop.Ordering.Orders;

/// <summary>GET /orders/{id}. The version is also the entity tag, so a client that has it gets 304.</summary>
static class GetOrder
{
    public static async Task<Results<Ok<OrderView>, StatusCodeHttpResult, ProblemHttpResult>> Handle(
        string id, ClaimsPrincipal user, OrderingDbContext db, HttpContext http, CancellationToken cancellation)
    {
        if (!Guid.TryParse(id, out var orderId))
        {
            return Problem.Invalid("id", "An order id is a UUID.");
        }

        if (await db.FindOrder(orderId, user, cancellation) is not { } order)
        {
            return Problem.NotFound("There is no such order.");
        }

        var tag = new EntityTagHeaderValue($"\"{order.Version}\"");
        http.Response.GetTypedHeaders().ETag = tag;
        return http.Request.GetTypedHeaders().IsKnown(tag)
            ? TypedResults.StatusCode(StatusCodes.Status304NotModified)
            : TypedResults.Ok(OrderView.Of(order));
    }
}

using System.Security.Claims;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;
using Shop.Hosting;
using Shop.Messaging;
using Shop.Ordering.Data;
using Shop.Ordering.Sagas;

namespace Shop.Ordering.Orders;

/// <summary>
/// POST /orders/{id}/cancel. Decides, with the order locked, whether it is still possible. A 202 is a promise: the saga
/// keeps it from whatever state the order has moved on to. Asking again is harmless.
/// </summary>
static class CancelOrder
{
    public sealed record Response(Guid OrderId, string Status);

    /// <summary>A cancellation on its way into a batch.</summary>
    public sealed record Cancellation(Guid OrderId, string CustomerId, bool ByStaff);

    public static async Task<Results<Accepted<Response>, ProblemHttpResult>> Handle(
        string id,
        ClaimsPrincipal user,
        GroupCommit<OrderingDbContext> commit,
        IOptions<OrderSagaOptions> options,
        TimeProvider clock)
    {
        if (!Guid.TryParse(id, out var orderId))
        {
            return Problem.Invalid("id", "An order id is a UUID.");
        }

        OrderOfTrace.Begin(orderId);
        var cancellation = new Cancellation(orderId, user.CustomerId(), user.IsStaff());
        return await commit.Run(cancellation, unit => Cancel(unit, cancellation, options.Value, clock));
    }

    static async Task<Results<Accepted<Response>, ProblemHttpResult>> Cancel(
        UnitOfWork<OrderingDbContext> unit, Cancellation request, OrderSagaOptions options, TimeProvider clock)
    {
        var order = await unit.Db.Orders.FindAsync(request.OrderId);
        if (order is null || (order.CustomerId != request.CustomerId && !request.ByStaff))
        {
            return Problem.NotFound("There is no such order.");
        }

        switch (order)
        {
            case { Status: OrderStatus.Cancelling } or { Status: OrderStatus.Cancelled, Reason: CancelReason.CustomerRequest }:
                return Accepted(order);
            case { Status: OrderStatus.Cancelled }:
                return Problem.Conflict($"The order has ended already: it was cancelled with reason {order.Reason}.");
            case { Status: OrderStatus.Confirmed } when clock.GetUtcNow() - order.ConfirmedAt > options.CancelWindow:
                return Problem.Conflict(
                    $"The order was confirmed at {order.ConfirmedAt:u} and can no longer be cancelled: " +
                    $"that is possible for {options.CancelWindow.TotalMinutes:0} minutes.");
            default:
                await unit.Publish(new CancellationRequested(order.CorrelationId));
                return Accepted(order);
        }
    }

    static Accepted<Response> Accepted(Order order) =>
        TypedResults.Accepted($"/orders/{order.CorrelationId}", new Response(order.CorrelationId, order.Status));
}

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
    const string Route = "POST /orders/{id}/cancel";

    public sealed record Response(Guid OrderId, string Status);

    /// <summary>The content that makes two requests the same.</summary>
    public sealed record Target(Guid OrderId);

    public static async Task<Results<Accepted<Response>, ProblemHttpResult>> Handle(
        string id,
        [AsParameters] Caller caller,
        KeyedWrites<OrderingDbContext> writes,
        IOptions<OrderSagaOptions> options,
        TimeProvider clock)
    {
        if (!Guid.TryParse(id, out var orderId))
        {
            return Problem.Invalid("id", "An order id is a UUID.");
        }

        OrderOfTrace.Begin(orderId);
        return await writes.Run<Accepted<Response>>(
            caller,
            Route,
            asked: new Target(orderId),
            rows => rows.Lock<Order>(orderId),
            unit => Cancel(unit),
            stored => Accepted(stored.Body<Response>()));

        async Task<Results<Accepted<Response>, ProblemHttpResult>> Cancel(UnitOfWork<OrderingDbContext> unit)
        {
            if (unit.Rows.Find<Order>(orderId) is not { } order || (order.CustomerId != caller.Id && !caller.User.IsStaff()))
            {
                return Problem.NotFound("There is no such order.");
            }

            switch (order.DecideCancel(clock.GetUtcNow(), options.Value.CancelWindow))
            {
                case CancelDecision.Ended:
                    return Problem.Conflict($"The order has ended already: it was cancelled with reason {order.Reason}.");
                case CancelDecision.TooLate:
                    return Problem.Conflict(
                        $"The order was confirmed at {order.ConfirmedAt:u} and can no longer be cancelled: " +
                        $"that is possible for {options.Value.CancelWindow.TotalMinutes:0} minutes.");
                case CancelDecision.Accepted:
                    await unit.Publish(new CancellationRequested(orderId));
                    break;
            }

            return Accepted(new(orderId, order.Status));
        }
    }

    static Accepted<Response> Accepted(Response response) => TypedResults.Accepted($"/orders/{response.OrderId}", response);
}

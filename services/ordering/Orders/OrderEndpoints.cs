using Shop.Hosting;

namespace Shop.Ordering.Orders;

static class OrderEndpoints
{
    public static void MapOrders(this IEndpointRouteBuilder routes)
    {
        var orders = routes.MapGroup("/orders").WithTags("Orders").RequireAuthorization(Policies.Customer);
        orders.MapPost("/", PlaceOrder.Handle)
            .WithSummary("Place an order")
            .WithDescription(
                "Answers 202 at once; what becomes of the order is seen at the Location of the answer. With an `Idempotency-Key` of your choice the same " +
                "request may be sent again and makes one order. Payment methods to try: `tok_visa`, `tok_declined`, `tok_insufficient_funds`, `tok_flaky`, `tok_slow`.")
            .WithRequestExample("""{"items":[{"sku":"MUG-01","quantity":2}],"paymentMethod":"tok_visa"}""");
        orders.MapGet("/", ListOrders.Handle)
            .WithSummary("List orders")
            .WithDescription("Newest first: a customer's own, all for staff. `next` of a page is `after` of the following one; `status` shows those of one status.");
        orders.MapGet("/{id}", GetOrder.Handle)
            .WithSummary("Look at an order")
            .WithDescription("Its status, what was ordered, and the reason if it was cancelled. With the `ETag` in `If-None-Match` it answers 304 as long as nothing has changed.");
        orders.MapPost("/{id}/cancel", CancelOrder.Handle)
            .WithSummary("Cancel an order")
            .WithDescription("202 is a promise: stock and money go back. Asking again is harmless. 409 if it is too late.");
        orders.MapGet("/{id}/timeline", GetTimeline.Handle)
            .WithSummary("See what happened to an order")
            .WithDescription("Step by step: when, by which service, and the trace in which it happened.");
        orders.MapGet("/{id}/events", WatchOrder.Handle).DisableRequestTimeout()
            .WithSummary("Follow an order")
            .WithDescription("Its steps as server-sent events, until it has ended. `Last-Event-ID` resumes behind the last that was seen.");

        routes.MapOps().MapGet("/stuck-orders", GetStuckOrders.Handle)
            .WithSummary("List orders that should have ended by now")
            .WithDescription("With what each of them waits for.");
    }
}

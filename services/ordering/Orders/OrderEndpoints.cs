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
                "Answers 202 at once. The Location of the answer shows the order's progress. A request with an `Idempotency-Key` can be repeated " +
                "and creates one order. Payment methods to try: `tok_visa`, `tok_declined`, `tok_insufficient_funds`, `tok_flaky`, `tok_slow`.")
            .WithRequestExample("""{"items":[{"sku":"MUG-01","quantity":2}],"paymentMethod":"tok_visa"}""");
        orders.MapGet("/", ListOrders.Handle)
            .WithSummary("List orders")
            .WithDescription(
                "Newest first. A customer sees their own orders, staff sees all. Pass `next` of a page as `after` to get the following page. `status` filters.");
        orders.MapGet("/{id}", GetOrder.Handle)
            .WithSummary("Look at an order")
            .WithDescription(
                "The order's status and items, and the reason if it was cancelled. With the `ETag` in `If-None-Match` it answers 304 while nothing has changed.");
        orders.MapPost("/{id}/cancel", CancelOrder.Handle)
            .WithSummary("Cancel an order")
            .WithDescription("202: the order will be cancelled, stock and money are given back. A repeat changes nothing. 409: too late.");
        orders.MapGet("/{id}/timeline", GetTimeline.Handle)
            .WithSummary("See what happened to an order")
            .WithDescription("Each step with its time, its service and its trace.");
        orders.MapGet("/{id}/events", WatchOrder.Handle).DisableRequestTimeout()
            .WithSummary("Follow an order")
            .WithDescription("The order's steps as server-sent events, until it has ended. `Last-Event-ID` resumes after that event.");

        routes.MapOps().MapGet("/stuck-orders", GetStuckOrders.Handle)
            .WithSummary("List orders that should have ended by now")
            .WithDescription("Each with what it waits for.");
    }
}

using Shop.Hosting;

namespace Shop.Ordering.Orders;

static class OrderEndpoints
{
    public static void MapOrders(this IEndpointRouteBuilder routes)
    {
        var orders = routes.MapGroup("/orders").WithTags("Orders").RequireAuthorization(Policies.Customer);
        orders.MapPost("/", PlaceOrder.Handle);
        orders.MapGet("/", ListOrders.Handle);
        orders.MapGet("/{id}", GetOrder.Handle);
        orders.MapPost("/{id}/cancel", CancelOrder.Handle);
        orders.MapGet("/{id}/timeline", GetTimeline.Handle);
        orders.MapGet("/{id}/events", WatchOrder.Handle).DisableRequestTimeout();

        routes.MapOps().MapGet("/stuck-orders", GetStuckOrders.Handle);
    }
}

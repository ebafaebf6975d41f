using Microsoft.AspNetCore.Http.HttpResults;
using Shop.Hosting;
using Shop.Messaging;
using Shop.Ordering.Data;
using Shop.Ordering.Products;
using Shop.Ordering.Sagas;

namespace Shop.Ordering.Orders;

/// <summary>
/// POST /orders. Writes the order and the first messages of its saga in one transaction, and answers 202 at once. The outcome appears
/// later, at the Location it returns.
/// </summary>
static class PlaceOrder
{
    // The first release stored keys without a route, and this was its only one.
    const string Route = "";

    /// <param name="Quantity">A decimal, so that the errors for 1.5 and 1e9 say what is wrong, instead of "not a number".</param>
    public sealed record Item(string Sku, decimal Quantity);

    public sealed record Request(IReadOnlyList<Item> Items, string PaymentMethod);

    public sealed record Response(Guid OrderId, string Status, Money Total, DateTimeOffset PlacedAt);

    public static async Task<Results<Accepted<Response>, ProblemHttpResult>> Handle(
        Request request,
        [AsParameters] Caller caller,
        KeyedWrites<OrderingDbContext> writes,
        Admission admission,
        OrderSaga saga,
        OrderMetrics metrics,
        TimeProvider clock)
    {
        if (PlaceOrderRules.Check(request) is { } problem)
        {
            return problem;
        }

        admission.Enter(caller.Id);
        var orderId = Guid.CreateVersion7(clock.GetUtcNow());
        var quantities = PlaceOrderRules.Merge(request.Items);
        OrderOfTrace.Begin(orderId);
        return await writes.Run<Accepted<Response>>(
            caller,
            Route,
            asked: request,
            rows => rows.ReadAll<Product>(quantities.Keys),
            unit => Place(unit),
            stored => Accepted(stored.Body<Response>()));

        async Task<Results<Accepted<Response>, ProblemHttpResult>> Place(UnitOfWork<OrderingDbContext> unit)
        {
            var lines = new List<OrderLine>();
            foreach (var (sku, quantity) in quantities)
            {
                if (unit.Rows.Find<Product>(sku) is not { } product)
                {
                    return Problem.Unprocessable("items", $"There is no product {sku}. GET /products lists what there is.");
                }

                lines.Add(new(sku, quantity, product.Price));
            }

            var order = Order.Place(orderId, caller.Id, lines, request.PaymentMethod, clock.GetUtcNow());
            await saga.Begin(unit, order);
            unit.AfterCommit(metrics.Placed);
            return Accepted(new(orderId, order.Status, Money.Euro(order.Total), order.PlacedAt));
        }
    }

    static Accepted<Response> Accepted(Response response) =>
        TypedResults.Accepted($"/orders/{response.OrderId}", response);
}

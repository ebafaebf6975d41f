using Microsoft.AspNetCore.Http.HttpResults;
using Shop.Hosting;
using Shop.Inventory.Data;
using Shop.Messaging;

namespace Shop.Inventory.Products;

/// <summary>POST /products/{sku}/restock, for staff: goods have come in.</summary>
static class RestockProduct
{
    const string Route = "POST /products/{sku}/restock";
    const int QuantityMax = 1_000_000;

    public sealed record Request(decimal Quantity);

    /// <summary>A checked request on its way into a batch.</summary>
    public sealed record Delivery(string Sku, int Quantity);

    public static async Task<Results<Ok<ProductView>, ProblemHttpResult>> Handle(
        string sku, Request request, [AsParameters] Caller caller, KeyedWrites<InventoryDbContext> writes)
    {
        if (request.Quantity is < 1 or > QuantityMax || !decimal.IsInteger(request.Quantity))
        {
            return Problem.Unprocessable("quantity", $"The quantity must be a whole number from 1 to {QuantityMax}.");
        }

        if (!Sku.IsValid(sku))
        {
            return NotFound();
        }

        var delivery = new Delivery(sku, (int)request.Quantity);
        return await writes.Run<Ok<ProductView>>(
            caller,
            Route,
            delivery,
            rows => rows.Lock<Product>(sku),
            unit => Task.FromResult(Receive(unit.Rows, delivery)),
            stored => TypedResults.Ok(stored.Body<ProductView>()));
    }

    static Results<Ok<ProductView>, ProblemHttpResult> Receive(Rows<InventoryDbContext> rows, Delivery delivery)
    {
        if (rows.Find<Product>(delivery.Sku) is not { } product)
        {
            return NotFound();
        }

        product.Receive(delivery.Quantity);
        return TypedResults.Ok(ProductView.Of(product));
    }

    static ProblemHttpResult NotFound() => Problem.NotFound("There is no such product. PUT /products/{sku} adds one.");
}

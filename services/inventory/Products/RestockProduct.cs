using Microsoft.AspNetCore.Http.HttpResults;
using Shop.Hosting;
using Shop.Inventory.Data;
using Shop.Messaging;

namespace Shop.Inventory.Products;

/// <summary>POST /products/{sku}/restock, for staff: goods have come in.</summary>
static class RestockProduct
{
    const int QuantityMax = 1_000_000;

    public sealed record Request(decimal Quantity);

    /// <summary>A checked request on its way into a batch.</summary>
    public sealed record Delivery(string Sku, int Quantity);

    public static async Task<Results<Ok<ProductView>, ProblemHttpResult>> Handle(
        string sku, Request request, GroupCommit<InventoryDbContext> commit)
    {
        if (request.Quantity is < 1 or > QuantityMax || !decimal.IsInteger(request.Quantity))
        {
            return Problem.Unprocessable("quantity", $"The quantity must be a whole number from 1 to {QuantityMax}.");
        }

        var delivery = new Delivery(sku, (int)request.Quantity);
        return Sku.IsValid(sku) && await commit.Run(delivery, unit => Receive(unit, delivery)) is { } view
            ? TypedResults.Ok(view)
            : Problem.NotFound("There is no such product. PUT /products/{sku} adds one.");
    }

    static async Task<ProductView?> Receive(UnitOfWork<InventoryDbContext> unit, Delivery delivery)
    {
        if (await unit.Db.Products.FindAsync(delivery.Sku) is not { } product)
        {
            return null;
        }

        product.Receive(delivery.Quantity);
        return ProductView.Of(product);
    }
}

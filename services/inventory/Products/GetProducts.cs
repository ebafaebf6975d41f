using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Shop.Hosting;
using Shop.Inventory.Data;

namespace Shop.Inventory.Products;

/// <summary>GET /products and GET /products/{sku}.</summary>
static class GetProducts
{
    const int CountMax = 1_000;

    public sealed record Response(IReadOnlyList<ProductView> Products);

    public static async Task<Ok<Response>> All(InventoryDbContext db, CancellationToken cancellation)
    {
        var products = await db.Products.AsNoTracking()
            .OrderBy(product => product.Sku).Take(CountMax).ToListAsync(cancellation);
        return TypedResults.Ok(new Response([.. products.Select(ProductView.Of)]));
    }

    public static async Task<Results<Ok<ProductView>, ProblemHttpResult>> One(
        string sku, InventoryDbContext db, CancellationToken cancellation) =>
        await db.Products.AsNoTracking().FirstOrDefaultAsync(product => product.Sku == sku, cancellation) is { } found
            ? TypedResults.Ok(ProductView.Of(found))
            : Problem.NotFound("There is no such product. GET /products lists what there is.");
}

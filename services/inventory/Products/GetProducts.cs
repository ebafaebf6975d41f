using System.Globalization;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Shop.Hosting;
using Shop.Inventory.Data;

namespace Shop.Inventory.Products;

/// <summary>GET /products, in keyset pages by SKU, and GET /products/{sku}.</summary>
static class GetProducts
{
    const int LimitMax = 1_000;

    /// <param name="Next">The value of <c>after</c> for the next page; null on the last.</param>
    public sealed record Response(IReadOnlyList<ProductView> Products, string? Next);

    public static async Task<Results<Ok<Response>, ProblemHttpResult>> All(
        InventoryDbContext db, CancellationToken cancellation, string? limit = null, string? after = null)
    {
        var count = 100;
        if (limit is not null
            && (!int.TryParse(limit, NumberStyles.None, CultureInfo.InvariantCulture, out count) || count is < 1 or > LimitMax))
        {
            return Problem.Invalid("limit", $"The limit must be a whole number from 1 to {LimitMax}.");
        }

        if (after is not null && !Sku.IsValid(after))
        {
            return Problem.Invalid("after", "This is not a SKU. Use the value of next from the page before.");
        }

        // The query reads one row more, which tells whether there is a next page.
        var page = await db.Products.AsNoTracking()
            .Where(product => after == null || product.Sku.CompareTo(after) > 0)
            .OrderBy(product => product.Sku).Take(count + 1).ToListAsync(cancellation);
        var next = page.Count > count ? page[count - 1].Sku : null;
        return TypedResults.Ok(new Response([.. page.Take(count).Select(ProductView.Of)], next));
    }

    public static async Task<Results<Ok<ProductView>, ProblemHttpResult>> One(
        string sku, InventoryDbContext db, CancellationToken cancellation) =>
        Sku.IsValid(sku) && await db.Products.AsNoTracking().FirstOrDefaultAsync(product => product.Sku == sku, cancellation) is { } found
            ? TypedResults.Ok(ProductView.Of(found))
            : Problem.NotFound("There is no such product. GET /products lists what there is.");
}

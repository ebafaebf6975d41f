using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace Shop.Monolith;

/// <summary>Products and their stock.</summary>
static class ProductEndpoints
{
    public sealed record Change(string Name, decimal Price);

    public sealed record Delivery(int Quantity);

    public static async Task<Results<Ok<Product>, NotFound>> Get(string sku, ShopDbContext db) =>
        await db.Products.AsNoTracking().FirstOrDefaultAsync(product => product.Sku == sku) is { } product
            ? TypedResults.Ok(product)
            : TypedResults.NotFound();

    public static async Task<Ok<Product>> Put(string sku, Change change, ShopDbContext db)
    {
        var product = await db.Products.FindAsync(sku);
        if (product is null)
        {
            product = new() { Sku = sku };
            db.Products.Add(product);
        }

        (product.Name, product.Price) = (change.Name, change.Price);
        await db.SaveChangesAsync();
        return TypedResults.Ok(product);
    }

    public static async Task<Results<Ok<Product>, NotFound>> Restock(string sku, Delivery delivery, ShopDbContext db)
    {
        await using var transaction = await db.Database.BeginTransactionAsync();
        if (await db.Products.FromSql($"select * from products where sku = {sku} for update").FirstOrDefaultAsync() is not { } product)
        {
            return TypedResults.NotFound();
        }

        product.Receive(delivery.Quantity);
        await db.SaveChangesAsync();
        await transaction.CommitAsync();
        return TypedResults.Ok(product);
    }
}

using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http.HttpResults;
using Shop.Hosting;
using Shop.Inventory.Data;
using Shop.Messaging;

namespace Shop.Inventory.Products;

/// <summary>PUT /products/{sku}, for staff: adds a product or changes its name and price, and tells everybody who keeps a copy.</summary>
static partial class PutProduct
{
    const int NameLengthMax = 200;
    const decimal PriceMax = 1_000_000;

    /// <param name="Price">In EUR, at most two decimals.</param>
    public sealed record Request(string Name, decimal Price);

    /// <summary>A checked request on its way into a batch.</summary>
    public sealed record Change(string Sku, string Name, decimal Price);

    public static async Task<Results<Ok<ProductView>, Created<ProductView>, ProblemHttpResult>> Handle(
        string sku, Request request, GroupCommit<InventoryDbContext> commit)
    {
        if (Check(sku, request) is { } problem)
        {
            return problem;
        }

        var change = new Change(sku, request.Name, request.Price);
        var (view, isNew) = await commit.Run(change, unit => Apply(unit, change));
        return isNew ? TypedResults.Created($"/products/{sku}", view) : TypedResults.Ok(view);
    }

    static async Task<(ProductView View, bool IsNew)> Apply(UnitOfWork<InventoryDbContext> unit, Change change)
    {
        var product = await unit.Db.Products.FindAsync(change.Sku);
        var isNew = product is null;
        if (product is null)
        {
            product = new() { Sku = change.Sku };
            unit.Db.Add(product);
        }

        await unit.Publish(product.Change(change.Name, change.Price));
        return (ProductView.Of(product), isNew);
    }

    static ProblemHttpResult? Check(string sku, Request request) => request switch
    {
        _ when !Sku().IsMatch(sku) || CardNumbers.LookLikeOne(sku) => Problem.Invalid(
            "sku", "A SKU has 2 to 32 capital letters, digits and dashes, and does not start with a dash."),
        _ when request.Name.Trim() is { Length: 0 or > NameLengthMax } => Problem.Unprocessable(
            "name", $"The name must have 1 to {NameLengthMax} characters."),
        _ when request.Price is <= 0 or > PriceMax || decimal.Round(request.Price, 2) != request.Price =>
            Problem.Unprocessable("price", $"The price must be above 0, at most {PriceMax:0}, with at most two decimals."),
        _ => null,
    };

    [GeneratedRegex("^[A-Z0-9][A-Z0-9-]{1,31}$", RegexOptions.CultureInvariant)]
    private static partial Regex Sku();
}

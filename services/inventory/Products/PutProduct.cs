using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http.HttpResults;
using Shop.Hosting;
using Shop.Inventory.Data;
using Shop.Messaging;

namespace Shop.Inventory.Products;

/// <summary>PUT /products/{sku}, for staff: adds a product or changes its name and price, and tells everybody who keeps a copy.</summary>
static class PutProduct
{
    const string Route = "PUT /products/{sku}";
    const int NameLengthMax = 200;
    const decimal PriceMax = 1_000_000;

    /// <param name="Price">In EUR, at most two decimals.</param>
    public sealed record Request(string Name, decimal Price);

    /// <summary>A checked request on its way into a batch.</summary>
    public sealed record Change(string Sku, string Name, decimal Price);

    public static async Task<Results<Results<Ok<ProductView>, Created<ProductView>>, ProblemHttpResult>> Handle(
        string sku, Request request, [AsParameters] Caller caller, KeyedWrites<InventoryDbContext> writes)
    {
        if (Check(sku, request) is { } problem)
        {
            return problem;
        }

        var change = new Change(sku, request.Name, request.Price);
        return await writes.Run<Results<Ok<ProductView>, Created<ProductView>>>(
            caller,
            Route,
            change,
            rows => rows.Lock<Product>(sku),
            async unit => await Apply(unit, change),
            stored => Answer(stored.Body<ProductView>(), isNew: stored.Status == StatusCodes.Status201Created));
    }

    static async Task<Results<Ok<ProductView>, Created<ProductView>>> Apply(UnitOfWork<InventoryDbContext> unit, Change change)
    {
        var product = unit.Rows.Find<Product>(change.Sku);
        var isNew = product is null;
        if (product is null)
        {
            product = new() { Sku = change.Sku };
            unit.Rows.Add(product);
        }

        await unit.Publish(product.Change(change.Name, change.Price));
        return Answer(ProductView.Of(product), isNew);
    }

    static Results<Ok<ProductView>, Created<ProductView>> Answer(ProductView view, bool isNew) =>
        isNew ? TypedResults.Created($"/products/{view.Sku}", view) : TypedResults.Ok(view);

    static ProblemHttpResult? Check(string sku, Request request) => request switch
    {
        _ when !Sku.IsValid(sku) => Problem.Invalid(
            "sku", "A SKU has 2 to 32 capital letters, digits and dashes, and does not start with a dash."),
        _ when request.Name.Length > NameLengthMax || string.IsNullOrWhiteSpace(request.Name) => Problem.Unprocessable(
            "name", $"The name must have 1 to {NameLengthMax} characters, not all of them blank."),
        _ when !IsText(request.Name) => Problem.Unprocessable(
            "name", "The name must be text in one line, without control characters and marks that change the direction of writing."),
        _ when request.Price is <= 0 or > PriceMax || decimal.Round(request.Price, 2) != request.Price =>
            Problem.Unprocessable("price", $"The price must be above 0, at most {PriceMax:0}, with at most two decimals."),
        _ => null,
    };

    // PostgreSQL has no U+0000; control characters and line ends break logs and terminals; the others make a name look like another one.
    static bool IsText(string name) => name.EnumerateRunes().All(rune =>
        rune != Rune.ReplacementChar
        && Rune.GetUnicodeCategory(rune)
            is not (UnicodeCategory.Control or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator)
        && rune.Value is not (>= 0x202A and <= 0x202E or >= 0x2066 and <= 0x2069 or 0x200E or 0x200F or 0x061C));
}

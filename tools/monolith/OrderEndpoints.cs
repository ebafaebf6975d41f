using System.Globalization;
using System.Security.Claims;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace Shop.Monolith;

/// <summary>POST /orders and GET /orders/{id}, in the form of the shop's.</summary>
static class OrderEndpoints
{
    const int LinesMax = 50;
    const int QuantityMax = 100;

    public sealed record Item(string Sku, decimal Quantity);

    public sealed record Request(IReadOnlyList<Item> Items, string PaymentMethod);

    public sealed record Money(string Amount, string Currency);

    public sealed record Response(
        Guid OrderId, string Status, string? Reason, IReadOnlyList<OrderLine> Items, Money Total, DateTimeOffset PlacedAt, int Version);

    public static async Task<Results<Accepted<Response>, ProblemHttpResult>> Place(
        Request request, [FromHeader(Name = "Idempotency-Key")] string? key, ClaimsPrincipal user, ShopDbContext db, Checkout checkout)
    {
        if (Check(request) is { } problem)
        {
            return TypedResults.Problem(problem, statusCode: 422);
        }

        var (customer, token) = (user.FindFirstValue("sub")!, request.PaymentMethod);
        var quantities = request.Items.GroupBy(item => item.Sku)
            .ToDictionary(same => same.Key, same => (int)same.Sum(item => item.Quantity));
        try
        {
            if (key is not null && await Find(db, customer, key) is { } earlier)
            {
                return Again(earlier);
            }

            var (order, missing) = await checkout.Place(customer, key, quantities, token);
            if (order is null)
            {
                return TypedResults.Problem($"Out of stock: {string.Join(", ", missing)}.", statusCode: 409);
            }

            await checkout.Pay(order);
            return Answer(order);
        }
        catch (DbUpdateException error) when (error.InnerException is PostgresException { SqlState: PostgresErrorCodes.UniqueViolation })
        {
            // The same request, a moment earlier.
            return Again((await Find(db, customer, key!))!);
        }

        Results<Accepted<Response>, ProblemHttpResult> Again(Order earlier) => earlier.IsFor(quantities, token)
            ? Answer(earlier)
            : TypedResults.Problem("This Idempotency-Key was used for another order.", statusCode: 422);
    }

    public static async Task<Results<Ok<Response>, NotFound>> Get(Guid id, ClaimsPrincipal user, ShopDbContext db)
    {
        var order = await db.Orders.AsNoTracking().FirstOrDefaultAsync(order => order.Id == id);
        return order is not null && (order.CustomerId == user.FindFirstValue("sub") || user.IsInRole("staff"))
            ? TypedResults.Ok(ViewOf(order))
            : TypedResults.NotFound();
    }

    static Task<Order?> Find(ShopDbContext db, string customer, string key) => db.Orders.AsNoTracking().Include(order => order.Payment)
        .FirstOrDefaultAsync(order => order.CustomerId == customer && order.IdempotencyKey == key);

    // 202 as the shop's, so that one client can ask both; the order has ended by now.
    static Accepted<Response> Answer(Order order) => TypedResults.Accepted($"/orders/{order.Id}", ViewOf(order));

    static Response ViewOf(Order order) => new(
        order.Id,
        order.Status,
        order.Reason,
        order.Lines,
        new(order.Total.ToString("0.00", CultureInfo.InvariantCulture), "EUR"),
        order.PlacedAt,
        order.Version);

    static string? Check(Request request) => request switch
    {
        { Items.Count: 0 or > LinesMax } => $"An order has 1 to {LinesMax} lines.",
        _ when request.Items.Any(item => item is not { Quantity: >= 1 and <= QuantityMax } || !decimal.IsInteger(item.Quantity)) =>
            $"The quantity must be a whole number from 1 to {QuantityMax}.",
        _ when !request.PaymentMethod.StartsWith("tok_", StringComparison.Ordinal) => "A payment token begins with tok_.",
        _ => null,
    };
}

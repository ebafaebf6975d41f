using System.Security.Claims;
using System.Text.Json;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Options;
using Shop.Contracts.Inventory;
using Shop.Hosting;
using Shop.Messaging;
using Shop.Ordering.Data;
using Shop.Ordering.Sagas;

namespace Shop.Ordering.Orders;

/// <summary>
/// POST /orders. Writes the order, the command that starts its saga and the deadline for the answer in one transaction, and
/// answers 202 at once; the outcome appears later, at the Location it returns.
/// </summary>
static partial class PlaceOrder
{
    /// <param name="Quantity">A decimal, so that 1.5 and 1e9 are told what is wrong with them instead of "not a number".</param>
    public sealed record Item(string Sku, decimal Quantity);

    public sealed record Request(IReadOnlyList<Item> Items, string PaymentMethod);

    public sealed record Response(Guid OrderId, string Status, Money Total, DateTimeOffset PlacedAt);

    /// <summary>A checked request on its way into a batch.</summary>
    public sealed record Placement(
        Guid OrderId,
        string CustomerId,
        IReadOnlyDictionary<string, int> Quantities,
        Request Request,
        string? IdempotencyKey)
    {
        public IEnumerable<string> Skus => Quantities.Keys;
    }

    public static async Task<Results<Accepted<Response>, ProblemHttpResult>> Handle(
        Request request,
        [FromHeader(Name = "Idempotency-Key")] string? idempotencyKey,
        ClaimsPrincipal user,
        GroupCommit<OrderingDbContext> commit,
        KeysInFlight inFlight,
        IOptions<OrderSagaOptions> options,
        OrderMetrics metrics,
        TimeProvider clock,
        ILogger<Order> logger)
    {
        if ((PlaceOrderRules.Check(request) ?? PlaceOrderRules.CheckKey(idempotencyKey)) is { } problem)
        {
            return problem;
        }

        var placement = new Placement(
            Guid.CreateVersion7(clock.GetUtcNow()),
            user.CustomerId(),
            PlaceOrderRules.Merge(request.Items),
            request,
            idempotencyKey);

        OrderOfTrace.Begin(placement.OrderId);
        using var key = inFlight.TryEnter(placement.CustomerId, idempotencyKey);
        if (key is null)
        {
            return Problem.Conflict("A request with this Idempotency-Key is still being processed. Ask again in a moment.");
        }

        return await commit.Run(placement, unit => Place(unit, placement, options.Value, metrics, clock, logger));
    }

    static async Task<Results<Accepted<Response>, ProblemHttpResult>> Place(
        UnitOfWork<OrderingDbContext> unit,
        Placement placement,
        OrderSagaOptions options,
        OrderMetrics metrics,
        TimeProvider clock,
        ILogger logger)
    {
        if (FindAnswer(unit.Db, placement) is { } stored)
        {
            return RequestFingerprint.Matches(stored.RequestHash, placement.Request)
                ? Accepted(JsonSerializer.Deserialize<Response>(stored.Answer, JsonSerializerOptions.Web)!)
                : Problem.Unprocessable("Idempotency-Key", "This key was used for another request. Use a new key for a new order.");
        }

        var lines = new List<OrderLine>();
        foreach (var (sku, quantity) in placement.Quantities)
        {
            if (unit.Db.Products.Local.FindEntry(sku)?.Entity is not { } product)
            {
                return Problem.Unprocessable("items", $"There is no product {sku}. GET /products lists what there is.");
            }

            lines.Add(new(sku, quantity, product.Price));
        }

        var order = Order.Place(
            placement.OrderId, placement.CustomerId, lines, placement.Request.PaymentMethod, clock.GetUtcNow());
        order.DeadlineToken = await unit.Schedule(
            Endpoints.Orders, new StockOverdue(order.CorrelationId), options.StockTimeLimit);
        await unit.Publish(new ReserveStock(
            order.CorrelationId, [.. lines.Select(line => new StockLine(line.Sku, line.Quantity))]));
        await unit.Publish(order.Announcement());
        unit.Db.Add(order);
        unit.AfterCommit(metrics.Placed);
        unit.AfterCommit(() => OrderOfTrace.Became(OrderStatus.Placed));
        unit.AfterCommit(() => LogPlaced(logger, order.CorrelationId, OrderStatus.Placed, lines.Count, order.Total));

        var response = new Response(order.CorrelationId, order.Status, Money.Euro(order.Total), order.PlacedAt);
        Store(unit.Db, placement, response, order.PlacedAt);
        return Accepted(response);
    }

    // What OrderPreload has not found does not exist; asking again would cost a round trip for each request.
    static StoredAnswer? FindAnswer(OrderingDbContext db, Placement placement) =>
        placement.IdempotencyKey is { } key
            ? db.StoredAnswers.Local.FindEntryUntyped([placement.CustomerId, key])?.Entity
            : null;

    static void Store(OrderingDbContext db, Placement placement, Response response, DateTimeOffset now)
    {
        if (placement.IdempotencyKey is { } key)
        {
            db.Add(new StoredAnswer
            {
                CustomerId = placement.CustomerId,
                IdempotencyKey = key,
                RequestHash = RequestFingerprint.Of(placement.Request),
                Answer = JsonSerializer.Serialize(response, JsonSerializerOptions.Web),
                StoredAt = now,
            });
        }
    }

    static Accepted<Response> Accepted(Response response) =>
        TypedResults.Accepted($"/orders/{response.OrderId}", response);

    [LoggerMessage(LogLevel.Information, "Order {OrderId} became {Status}: {Total} EUR, lines: {Lines}")]
    static partial void LogPlaced(ILogger logger, Guid orderId, string status, int lines, decimal total);
}

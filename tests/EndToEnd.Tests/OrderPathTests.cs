using System.Text.Json;

namespace Shop.EndToEnd.Tests;

/// <summary>Every way an order can go, from the customer's first request to its end, in all three services.</summary>
public sealed class OrderPathTests(ShopSystem shop)
{
    [Theory]
    [InlineData("MUG-01", "tok_visa", "Confirmed", null, "Taken")]
    [InlineData("TEE-01", "tok_flaky", "Confirmed", null, "Taken")]
    [InlineData("CAP-01", "tok_slow", "Confirmed", null, "Taken")]
    [InlineData("PEN-01", "tok_timeout", "Confirmed", null, "Taken")]
    [InlineData("MUG-01", "tok_declined", "Cancelled", "payment_declined", "Declined")]
    [InlineData("MUG-01", "tok_insufficient_funds", "Cancelled", "payment_declined", "Declined")]
    [InlineData("MUG-01", "tok_outage", "Cancelled", "payment_timeout", "Voided")]
    [InlineData("SOLD-OUT", "tok_visa", "Cancelled", "out_of_stock", null)]
    public async Task An_order_ends_as_its_stock_and_its_card_decide(
        string sku, string payment, string status, string? reason, string? paymentStatus)
    {
        var token = shop.Token();
        var placed = await shop.Place(token, sku, 2, payment);
        Assert.Equal(202, placed.Status);
        Assert.Equal($"/orders/{placed.OrderId}", placed.Headers["Location"]);
        Assert.Equal("Placed", placed.Json.GetProperty("status").GetString());

        var order = await shop.End(placed.OrderId, token);

        Assert.Equal(status, order.GetProperty("status").GetString());
        Assert.Equal(reason, order.GetProperty("reason").GetString());
        var steps = (await shop.Send(HttpMethod.Get, $"/orders/{placed.OrderId}/timeline", token)).Json.GetProperty("steps");
        Assert.Equal(status, steps[steps.GetArrayLength() - 1].GetProperty("status").GetString());
        Assert.All(steps.EnumerateArray(), step => Assert.NotEmpty(step.GetProperty("traceId").GetString()!));
        if (paymentStatus is not null)
        {
            var paid = await shop.Send(HttpMethod.Get, $"/payments/{placed.OrderId}", token);
            Assert.Equal(paymentStatus, paid.Json.GetProperty("status").GetString());
        }
    }

    [Fact]
    public async Task The_last_unit_goes_to_exactly_one_of_many()
    {
        var sku = "LAST-" + Guid.NewGuid().ToString("N")[..8].ToUpperInvariant();
        var staff = shop.Token("sam", "staff");
        Assert.Equal(201, (await shop.Send(HttpMethod.Put, $"/products/{sku}", staff, """{"name":"One of a kind","price":5.00}""")).Status);
        Assert.Equal(200, (await shop.Send(HttpMethod.Post, $"/products/{sku}/restock", staff, """{"quantity":1}""")).Status);
        var token = shop.Token();
        // Ordering learns of the product by an event.
        await ShopSystem.Until(
            async () => (await shop.Place(token, sku, 100)).Status == 202, 20, () => "ordering to know the product");

        var placed = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => shop.Place(token, sku)));
        var orders = await Task.WhenAll(placed.Select(answer => shop.End(answer.OrderId, token)));

        Assert.Single(orders, order => order.GetProperty("status").GetString() == "Confirmed");
        var product = (await shop.Send(HttpMethod.Get, $"/products/{sku}", null)).Json;
        Assert.Equal(0, product.GetProperty("available").GetInt64());
    }

    [Fact]
    public async Task A_changed_price_holds_for_new_orders()
    {
        var sku = "PRICE-" + Guid.NewGuid().ToString("N")[..8].ToUpperInvariant();
        var staff = shop.Token("sam", "staff");
        var token = shop.Token();
        foreach (var price in new[] { "10.00", "12.34" })
        {
            await shop.Send(HttpMethod.Put, $"/products/{sku}", staff, $$"""{"name":"Changing","price":{{price}}}""");
            await ShopSystem.Until(
                async () => await shop.Place(token, sku) is { Status: 202 } placed
                    && placed.Json.GetProperty("total").GetProperty("amount").GetString() == price,
                20,
                () => $"the price {price}");
        }
    }

    [Fact]
    public async Task Events_tell_each_step_and_go_on_after_the_last_one_seen()
    {
        var token = shop.Token();
        var placed = await shop.Place(token);
        await shop.End(placed.OrderId, token);

        var all = await shop.Send(HttpMethod.Get, $"/orders/{placed.OrderId}/events", token);
        var rest = await shop.Send(HttpMethod.Get, $"/orders/{placed.OrderId}/events", token, null, ("Last-Event-ID", "2"));

        Assert.Equal("text/event-stream", all.MediaType);
        Assert.Equal(["Placed", "StockReserved", "Confirmed"], Statuses(all.Body));
        Assert.Equal(["Confirmed"], Statuses(rest.Body));
    }

    static IEnumerable<string> Statuses(string events) => events.Split('\n')
        .Where(line => line.StartsWith("data: ", StringComparison.Ordinal))
        .Select(line => JsonDocument.Parse(line[6..]).RootElement.GetProperty("status").GetString()!);
}

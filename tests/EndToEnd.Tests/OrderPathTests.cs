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
    public async Task The_total_is_the_sum_of_the_lines_at_the_prices_of_the_moment()
    {
        var placed = await shop.Send(
            HttpMethod.Post,
            "/orders",
            shop.Token(),
            """{"items":[{"sku":"MUG-01","quantity":2},{"sku":"PEN-01","quantity":3}],"paymentMethod":"tok_visa"}""");

        Assert.Equal("""{"amount":"32.50","currency":"EUR"}""", placed.Json.GetProperty("total").GetRawText());
    }

    [Fact]
    public async Task Lines_of_one_product_are_merged()
    {
        var token = shop.Token();
        var placed = await shop.Send(
            HttpMethod.Post,
            "/orders",
            token,
            """{"items":[{"sku":"MUG-01","quantity":2},{"sku":"MUG-01","quantity":3}],"paymentMethod":"tok_visa"}""");

        var items = (await shop.End(placed.OrderId, token)).GetProperty("items");

        Assert.Equal(1, items.GetArrayLength());
        Assert.Equal(5, items[0].GetProperty("quantity").GetInt32());
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

    [Fact]
    public async Task Who_has_seen_the_end_is_told_not_to_come_back()
    {
        var token = shop.Token();
        var placed = await shop.Place(token);
        var version = (await shop.End(placed.OrderId, token)).GetProperty("version").GetInt32();

        var again = await shop.Send(HttpMethod.Get, $"/orders/{placed.OrderId}/events", token, null, ("Last-Event-ID", $"{version}"));

        Assert.Equal(204, again.Status);
    }

    [Fact]
    public async Task Pages_list_every_product_once_by_sku()
    {
        var listed = new List<string>();
        var after = "";
        do
        {
            var page = (await shop.Send(HttpMethod.Get, $"/products?limit=2{after}", null)).Json;
            listed.AddRange(page.GetProperty("products").EnumerateArray().Select(product => product.GetProperty("sku").GetString()!));
            after = page.GetProperty("next").ValueKind == JsonValueKind.Null ? "" : $"&after={page.GetProperty("next").GetString()}";
        }
        while (after != "");

        Assert.Equal(listed.Distinct(), listed);
        Assert.Superset(new HashSet<string>(["CAP-01", "LAST-ONE", "MUG-01", "PEN-01", "SOLD-OUT", "TEE-01"]), listed.ToHashSet());
    }

    [Fact]
    public async Task Pages_list_every_order_once_newest_first()
    {
        var customer = $"pager-{Guid.NewGuid():N}";
        var token = shop.Token(customer);
        var placed = new List<Guid>();
        for (var number = 0; number < 5; number++)
        {
            placed.Add((await shop.Place(token)).OrderId);
        }

        var listed = new List<Guid>();
        var after = "";
        do
        {
            var page = (await shop.Send(HttpMethod.Get, $"/orders?limit=2{after}", token)).Json;
            listed.AddRange(page.GetProperty("orders").EnumerateArray().Select(order => order.GetProperty("orderId").GetGuid()));
            after = page.GetProperty("next").ValueKind == JsonValueKind.Null ? "" : $"&after={page.GetProperty("next").GetString()}";
        }
        while (after != "");

        Assert.Equal(placed.AsEnumerable().Reverse(), listed);
    }

    [Fact]
    public async Task An_order_that_has_not_changed_is_not_sent_again()
    {
        var token = shop.Token();
        var placed = await shop.Place(token);
        await shop.End(placed.OrderId, token);

        var first = await shop.Send(HttpMethod.Get, $"/orders/{placed.OrderId}", token);
        var second = await shop.Send(HttpMethod.Get, $"/orders/{placed.OrderId}", token, null, ("If-None-Match", first.Headers["ETag"]));

        Assert.Equal($"\"{first.Json.GetProperty("version").GetInt32()}\"", first.Headers["ETag"]);
        Assert.Equal(304, second.Status);
    }

    [Theory]
    [InlineData("*", 304)]
    [InlineData("W/\"{0}\"", 304)]
    [InlineData("\"other\", \"{0}\"", 304)]
    [InlineData("\"other\"", 200)]
    [InlineData("{0}", 200)]
    public async Task A_version_is_known_by_any_form_of_its_tag(string known, int status)
    {
        var token = shop.Token();
        var placed = await shop.Place(token);
        var version = (await shop.End(placed.OrderId, token)).GetProperty("version").GetInt32();

        var answer = await shop.Send(
            HttpMethod.Get, $"/orders/{placed.OrderId}", token, null, ("If-None-Match", known.Replace("{0}", $"{version}", StringComparison.Ordinal)));

        Assert.Equal((status, $"\"{version}\""), (answer.Status, answer.Headers["ETag"]));
    }

    [Fact]
    public async Task HEAD_answers_as_GET_does_without_a_body()
    {
        var token = shop.Token();
        var placed = await shop.Place(token);
        var order = $"/orders/{placed.OrderId}";
        string?[] tokens = [token, token, token, null, null];
        string[] paths = [order, $"{order}/timeline", $"{order}/events", "/products/MUG-01", "/openapi/v1.json"];

        foreach (var (path, sender) in paths.Zip(tokens))
        {
            var (head, get) = (await shop.Send(HttpMethod.Head, path, sender), await shop.Send(HttpMethod.Get, path, sender));
            Assert.Equal((get.Status, get.MediaType, ""), (head.Status, head.MediaType, head.Body));
        }
    }

    static IEnumerable<string> Statuses(string events) => events.Split('\n')
        .Where(line => line.StartsWith("data: ", StringComparison.Ordinal))
        .Select(line => JsonDocument.Parse(line[6..]).RootElement.GetProperty("status").GetString()!);
}

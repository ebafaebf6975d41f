using Shop.Support;

namespace Shop.Bench.Tests;

/// <summary>The monolith does what it is compared for: it pays, refuses, gives back, and does nothing twice.</summary>
public sealed class MonolithTests(MonolithSystem system) : IClassFixture<MonolithSystem>
{
    const string Alice = "alice";
    const int Stock = 5;

    [Fact]
    public async Task An_order_is_paid_and_its_stock_is_sold()
    {
        await system.Sell("PAID", Stock);
        var placed = await Place("PAID", 2);

        Assert.Equal(202, placed.Status);
        var order = (await system.Send(HttpMethod.Get, $"orders/{placed.OrderId}", Alice)).Json;
        Assert.Equal("Confirmed", order.GetProperty("status").GetString());
        Assert.Equal("25.00", order.GetProperty("total").GetProperty("amount").GetString());
        Assert.Equal((Stock - 2, 0, 2), await system.Stock("PAID"));
        var charge = Assert.Single(await system.Charges(placed.OrderId));
        Assert.Equal(("25.00", "succeeded"), (charge.GetProperty("amount").GetString(), charge.GetProperty("status").GetString()));
    }

    [Fact]
    public async Task A_declined_order_is_cancelled_and_gives_its_stock_back()
    {
        await system.Sell("DECLINED", Stock);
        var placed = (await Place("DECLINED", 2, "tok_declined")).Json;

        Assert.Equal("Cancelled", placed.GetProperty("status").GetString());
        Assert.Equal("payment_declined", placed.GetProperty("reason").GetString());
        Assert.Equal((Stock, 0, 0), await system.Stock("DECLINED"));
    }

    [Fact]
    public async Task What_is_out_of_stock_is_refused_and_nobody_is_charged()
    {
        await system.Sell("SCARCE", Stock);
        var before = await system.Charges();

        Assert.Equal(409, (await Place("SCARCE", Stock + 1)).Status);
        Assert.Equal((Stock, 0, 0), await system.Stock("SCARCE"));
        Assert.Equal(before.Length, (await system.Charges()).Length);
    }

    [Fact]
    public async Task The_same_key_is_the_same_order_also_at_the_same_time()
    {
        await system.Sell("ONCE", Stock);
        var answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Place("ONCE", 1, key: "once")));

        var order = Assert.Single(answers.Select(answer => answer.OrderId).Distinct());
        Assert.Single(await system.Charges(order));
        Assert.Equal((Stock - 1, 0, 1), await system.Stock("ONCE"));
        Assert.Equal(422, (await Place("ONCE", 2, key: "once")).Status);
    }

    [Fact]
    public async Task An_order_whose_outcome_is_unknown_stays_open_with_its_stock_on_hold()
    {
        await system.Sell("OPEN", Stock);
        var placed = await Place("OPEN", 1, "tok_outage");

        Assert.Equal((202, "Placed"), (placed.Status, placed.Json.GetProperty("status").GetString()));
        Assert.Equal((Stock - 1, 1, 0), await system.Stock("OPEN"));
    }

    [Fact]
    public async Task Only_who_has_a_token_may_order_and_only_the_customer_sees_the_order()
    {
        await system.Sell("SEEN", Stock);
        var placed = await Place("SEEN", 1);

        Assert.Equal(401, (await system.Send(HttpMethod.Post, "orders", customer: null, "{}")).Status);
        Assert.Equal(403, (await system.Send(HttpMethod.Put, "products/SEEN", Alice, """{"name":"Mug","price":1}""")).Status);
        Assert.Equal(404, (await system.Send(HttpMethod.Get, $"orders/{placed.OrderId}", "mallory")).Status);
    }

    Task<Answer> Place(string sku, int quantity, string payment = "tok_visa", string? key = null) => system.Send(
        HttpMethod.Post,
        "orders",
        Alice,
        $$"""{"items":[{"sku":"{{sku}}","quantity":{{quantity}}}],"paymentMethod":"{{payment}}"}""",
        key is null ? [] : [("Idempotency-Key", key)]);
}

using System.Text.Json;

namespace Shop.EndToEnd.Tests;

/// <summary>The logs have every change of an order's state once, in order, from all services.</summary>
public sealed class OrderLogTests(ShopSystem shop)
{
    const string Customer = "logged-customer";

    [Theory]
    [InlineData(
        "MUG-01",
        "tok_visa",
        "ordering Placed",
        "inventory Held",
        "ordering StockReserved",
        "payment Pending",
        "payment Taken",
        "ordering Confirmed",
        "inventory Sold")]
    [InlineData("SOLD-OUT", "tok_visa", "ordering Placed", "ordering Cancelled")]
    [InlineData(
        "MUG-01",
        "tok_declined",
        "ordering Placed",
        "inventory Held",
        "ordering StockReserved",
        "payment Pending",
        "payment Declined",
        "ordering Cancelling",
        "inventory Released",
        "ordering Cancelled")]
    public async Task Every_change_of_state_is_one_line(string sku, string payment, params string[] changes)
    {
        var order = (await shop.Place(shop.Token(Customer), sku, payment: payment)).OrderId;
        await shop.End(order, shop.Token(Customer));

        var lines = await Logged(order, changes.Length);

        var told = lines.Where(IsChange).Select(line => $"{Text(line, "service")} {Text(line, "status") ?? Text(line, "state")}");
        Assert.True(changes.SequenceEqual(told), $"Expected {string.Join(", ", changes)}, but the log says:\n{string.Join('\n', lines)}");
        Assert.Equal(
            lines.Select(line => line.GetProperty("time").GetDateTimeOffset()).Order(),
            lines.Select(line => line.GetProperty("time").GetDateTimeOffset()));
        Assert.All(lines, line => Assert.Equal($"{order}", Text(line, "orderId")));
        var trace = (await shop.Send(HttpMethod.Get, $"/orders/{order}/timeline", shop.Token(Customer))).Json.GetProperty(
            "steps")[0].GetProperty("traceId").GetString();
        Assert.All(lines, line => Assert.Equal(trace, Text(line, "traceId")));
        Assert.All(lines, line => Assert.DoesNotContain(payment, line.GetRawText()));
        Assert.All(lines, line => Assert.DoesNotContain(Customer, line.GetRawText()));
    }

    [Fact]
    public async Task A_payment_that_is_refunded_late_and_stock_that_is_given_back_are_told_too()
    {
        var order = (await shop.Place(shop.Token(Customer))).OrderId;
        await shop.Reach(order, shop.Token(Customer), 60, "Confirmed");
        await Logged(order, 7);
        Assert.Equal(202, (await shop.Send(HttpMethod.Post, $"/orders/{order}/cancel", shop.Token(Customer))).Status);
        await shop.Reach(order, shop.Token(Customer), 60, "Cancelled");

        var lines = await Logged(order, 12);

        var changes = lines.Where(IsChange).Skip(7).ToLookup(
            line => Text(line, "service"), line => Text(line, "status") ?? Text(line, "state"));
        Assert.Equal(["Cancelling", "Cancelled"], changes["ordering"]);
        Assert.Equal(["Refunding", "Refunded"], changes["payment"]);
        Assert.Equal(["Released"], changes["inventory"]);
    }

    [Fact]
    public async Task People_read_it_in_the_terminal_and_are_told_of_an_order_nobody_knows()
    {
        var order = (await shop.Place(shop.Token(Customer))).OrderId;
        await shop.End(order, shop.Token(Customer));
        await Logged(order, 7);

        var shown = await shop.Shop($"logs --order {order}");

        Assert.Matches($@"(?m)^\d\d:\d\d:\d\d\.\d{{3}}Z info  ordering-[12] +Order {order} became Placed: 12.50 EUR, lines: 1$", shown);
        Assert.Matches($@"(?m)^\d\d:\d\d:\d\d\.\d{{3}}Z info  payment-[12] +Payment of order {order} became Taken", shown);
        Assert.Contains("is about an order", await shop.Shop($"logs --order {Guid.NewGuid()}", mayFail: true));
    }

    async Task<JsonElement[]> Logged(Guid order, int changes)
    {
        var lines = Array.Empty<JsonElement>();
        await ShopSystem.Until(
            async () =>
            {
                var output = await shop.Shop($"logs --order {order} --json", mayFail: true);
                lines = [.. output.Split('\n').Where(line => line.StartsWith('{')).Select(line => JsonDocument.Parse(line).RootElement)];
                return lines.Count(IsChange) >= changes;
            },
            30,
            () => $"{changes} changes of state in the log; there are:\n{string.Join('\n', lines.Select(line => Text(line, "message")))}");
        return lines;
    }

    static bool IsChange(JsonElement line) => Text(line, "message")!.Contains(" became ", StringComparison.Ordinal);

    static string? Text(JsonElement line, string name) => line.TryGetProperty(name, out var value) ? value.GetString() : null;
}

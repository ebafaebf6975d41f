using Shop.Launcher.Client.Traces;

namespace Shop.EndToEnd.Tests;

/// <summary>
/// What an order costs, by count and not by the clock: a change that makes it dearer fails here, with the number. An order
/// alone has every statement in its trace.
/// </summary>
public sealed class BudgetTests(ShopSystem shop)
{
    readonly TracedOrders _orders = new(shop);

    /// <param name="waits">How often a service waits for its database.</param>
    /// <param name="transactions">How many of these waits end a transaction.</param>
    /// <param name="messages">How many messages are published, announcements included.</param>
    [Theory]
    [InlineData(
        "tok_visa",
        "Confirmed",
        15,
        7,
        6,
        "ReserveStock inventory",
        "StockReserved ordering",
        "TakePayment payment",
        "PaymentTaken ordering",
        "OrderConfirmed inventory")]
    [InlineData(
        "tok_declined",
        "Cancelled",
        17,
        8,
        8,
        "ReserveStock inventory",
        "StockReserved ordering",
        "TakePayment payment",
        "PaymentDeclined ordering",
        "ReleaseStock inventory",
        "StockReleased ordering")]
    public async Task An_order_alone_keeps_to_its_budget(
        string payment, string status, int waits, int transactions, int messages, params string[] hops)
    {
        var (order, _) = await _orders.Place("MUG-01", payment);
        Assert.Equal(status, (await shop.End(order, _orders.Token)).GetProperty("status").GetString());

        var trace = await _orders.Traced(order, hops);

        string[] statements = [.. trace.Spans.Where(IsDatabase).OrderBy(span => span.StartTime).Select(span => span.OperationName)];
        var all = string.Join("; ", statements);
        Assert.True(statements.Length <= waits, $"{statements.Length} waits for a database, and {waits} are allowed: {all}");
        var commits = statements.Count(name => name.EndsWith("commit", StringComparison.Ordinal));
        Assert.True(commits <= transactions, $"{commits} transactions, and {transactions} are allowed: {all}");
        // Not one of them: then the names have changed, and this test checks nothing.
        Assert.True(commits > 0, $"no transaction among: {all}");
        var published = trace.Spans.Count(span => span.Kind == "producer");
        Assert.True(published <= messages, $"{published} messages, and {messages} are allowed");
    }

    static bool IsDatabase(Span span) => span.Tags.Any(tag => tag.Key == "db.system.name");
}

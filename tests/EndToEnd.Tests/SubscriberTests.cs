namespace Shop.EndToEnd.Tests;

/// <summary>A program that knows only docs/messages.md receives the services' announcements.</summary>
public sealed class SubscriberTests(ShopSystem shop)
{
    [Fact]
    public async Task A_subscriber_in_another_language_hears_events_and_no_commands()
    {
        var listening = shop.Shop("subscribe --count 30");
        var orders = new List<Guid>();
        var soldOut = new List<Guid>();
        await ShopSystem.Until(
            async () =>
            {
                var order = (await shop.Place(shop.Token())).OrderId;
                orders.Add(order);
                await shop.End(order, shop.Token());
                soldOut.Add((await shop.Place(shop.Token(), "SOLD-OUT")).OrderId);
                await shop.End(soldOut[^1], shop.Token());
                return listening.IsCompleted;
            },
            90,
            () => "a subscriber that has heard enough");

        var heard = await listening;

        Assert.Contains(
            orders, order => heard.Contains($"OrderPlaced      {{\"orderId\": \"{order}\", \"customerId\": \"", StringComparison.Ordinal));
        Assert.Contains(
            orders, order => heard.Contains($"OrderConfirmed   {{\"orderId\": \"{order}\", \"version\": 3}}", StringComparison.Ordinal));
        Assert.Contains(soldOut, order => heard.Contains($"OrderCancelled   {{\"orderId\": \"{order}\", ", StringComparison.Ordinal));
        Assert.Contains("\"reason\": \"out_of_stock\", \"version\": 2}", heard, StringComparison.Ordinal);
        Assert.Matches("trace [0-9a-f]{32}", heard);
        Assert.DoesNotContain("TakePayment", heard, StringComparison.Ordinal);
        Assert.DoesNotContain("tok_", heard, StringComparison.Ordinal);
    }
}

namespace Shop.EndToEnd.Tests;

/// <summary>A customer may change their mind at any moment, also between a command and its answer.</summary>
public sealed class CancelTests(ShopSystem shop)
{
    [Theory]
    [InlineData("Placed", "tok_visa")]
    [InlineData("StockReserved", "tok_slow")]
    [InlineData("StockReserved", "tok_timeout")]
    [InlineData("StockReserved", "tok_outage")]
    [InlineData("Confirmed", "tok_visa")]
    public async Task An_order_cancelled_in_any_state_ends_with_its_money_and_stock_back(string status, string payment)
    {
        var token = shop.Token();
        var placed = await shop.Place(token, "CAP-01", 2, payment);
        await shop.Reach(placed.OrderId, token, 30, status, "StockReserved", "Confirmed");

        Assert.Equal(202, (await shop.Send(HttpMethod.Post, $"/orders/{placed.OrderId}/cancel", token)).Status);
        Assert.Equal(202, (await shop.Send(HttpMethod.Post, $"/orders/{placed.OrderId}/cancel", token)).Status);

        var order = await shop.Reach(placed.OrderId, token, 60, "Cancelled");
        Assert.Equal("customer_request", order.GetProperty("reason").GetString());
        Assert.Equal(202, (await shop.Send(HttpMethod.Post, $"/orders/{placed.OrderId}/cancel", token)).Status);
    }

    [Fact]
    public async Task Cancels_racing_every_step_never_leave_money_or_stock_behind()
    {
        var token = shop.Token($"racer-{Guid.NewGuid():N}");

        // Each order is cancelled a little later than the one before, so the cancels hit every step on the way.
        var orders = await Task.WhenAll(Enumerable.Range(0, 40).Select(async number =>
        {
            var placed = await shop.Place(token, "PEN-01");
            for (var look = 0; look < number / 2; look++)
            {
                await shop.Send(HttpMethod.Get, $"/orders/{placed.OrderId}", token);
            }

            Assert.Equal(202, (await shop.Send(HttpMethod.Post, $"/orders/{placed.OrderId}/cancel", token)).Status);
            return await shop.Reach(placed.OrderId, token, 60, "Cancelled");
        }));

        Assert.All(orders, order => Assert.Equal("customer_request", order.GetProperty("reason").GetString()));
        await shop.MustBeClean();
    }
}

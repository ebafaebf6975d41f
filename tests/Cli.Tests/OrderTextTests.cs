using Shop.Cli.Orders;
using Shop.Launcher.Client;

namespace Shop.Cli.Tests;

/// <summary>What people read of orders.</summary>
public sealed class OrderTextTests
{
    static readonly DateTimeOffset _placedAt = new(2026, 11, 24, 15, 11, 21, 100, TimeSpan.Zero);
    static readonly PlacedOrder _order = new(Guid.Parse("0190a8b4-5f0e-7c3d-8a11-d5b6f0a1b2c3"), "Placed", new("15.00", "EUR"), _placedAt);

    [Theory]
    [InlineData(0, "Placed", "       0 ms  Placed         It did")]
    [InlineData(313, "Confirmed", "     313 ms  Confirmed      It did")]
    public void Steps_are_told_by_the_shops_times_from_when_the_order_was_placed(int milliseconds, string status, string line) =>
        Assert.Equal(line, OrderText.Step(_order, Change(milliseconds, status, null)));

    [Fact]
    public void The_end_says_how_long_the_order_took()
    {
        Assert.Equal("Confirmed after 313 ms", OrderText.End(_order, Change(313, "Confirmed", null)));
        Assert.Equal("Cancelled (out_of_stock) after 99 ms", OrderText.End(_order, Change(99, "Cancelled", "out_of_stock")));
    }

    [Fact]
    public void A_list_of_orders_fits_80_columns_and_has_times_in_UTC()
    {
        var now = DateTimeOffset.UtcNow;
        var today = new DateTimeOffset(now.Year, now.Month, now.Day, 1, 2, 3, 4, TimeSpan.Zero).ToOffset(TimeSpan.FromHours(5));

        var table = OrdersCommand.Table([new(_order.OrderId, "Cancelled", "payment_declined", new("15.00", "EUR"), today, 3)]);

        Assert.Contains($"{_order.OrderId}  01:02:03.004Z  15.00 EUR  Cancelled payment_declined", table.Lines(null));
        Assert.All(table.Lines(80), line => Assert.InRange(line.Length, 0, 80));
        Assert.Contains(table.Lines(80), line => line.StartsWith($"{_order.OrderId}  01:02:03.004Z", StringComparison.Ordinal));
    }

    static StatusChange Change(int milliseconds, string status, string? reason) =>
        new(_order.OrderId, status, reason, "It did", _placedAt.AddMilliseconds(milliseconds), 1);
}

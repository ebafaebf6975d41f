using Shop.Ordering.Orders;

namespace Shop.Ordering.Tests.Rules;

/// <summary>Whether an order may still be cancelled.</summary>
public sealed class CancelDecisionTests
{
    static readonly DateTimeOffset _now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    static readonly TimeSpan _window = TimeSpan.FromMinutes(30);

    [Theory]
    [InlineData(OrderStatus.Placed, null, CancelDecision.Accepted)]
    [InlineData(OrderStatus.StockReserved, null, CancelDecision.Accepted)]
    [InlineData(OrderStatus.Cancelling, CancelReason.PaymentDeclined, CancelDecision.UnderWay)]
    [InlineData(OrderStatus.Cancelling, CancelReason.CustomerRequest, CancelDecision.UnderWay)]
    [InlineData(OrderStatus.Cancelled, CancelReason.CustomerRequest, CancelDecision.UnderWay)]
    [InlineData(OrderStatus.Cancelled, CancelReason.OutOfStock, CancelDecision.Ended)]
    [InlineData(OrderStatus.Cancelled, CancelReason.PaymentTimeout, CancelDecision.Ended)]
    public void The_status_decides(string status, string? reason, CancelDecision answer)
    {
        var order = InStatus(status);
        if (reason is not null)
        {
            order.Cancel(reason, stock: true, money: true);
        }

        Assert.Equal(answer, order.DecideCancel(_now, _window));
    }

    [Theory]
    [InlineData(0, CancelDecision.Accepted)]
    [InlineData(30 * 60, CancelDecision.Accepted)]
    [InlineData((30 * 60) + 1, CancelDecision.TooLate)]
    // The database's clock was set back.
    [InlineData(-60, CancelDecision.Accepted)]
    public void A_confirmed_order_can_be_cancelled_for_as_long_as_the_window_is_open(int secondsAgo, CancelDecision answer)
    {
        var order = InStatus(OrderStatus.Confirmed);
        order.Confirm(_now - TimeSpan.FromSeconds(secondsAgo));

        Assert.Equal(answer, order.DecideCancel(_now, _window));
    }

    static Order InStatus(string status)
    {
        var order = Order.Place(Guid.CreateVersion7(), "alice", [new("MUG-01", 1, 9)], "tok_visa", _now);
        order.Status = status;
        return order;
    }
}

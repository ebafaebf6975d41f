using Shop.Contracts.Inventory;
using Shop.Contracts.Payment;
using Shop.Support;

namespace Shop.Ordering.Tests.Messages;

/// <summary>The metrics about orders at /metrics of a real ordering process without a collector.</summary>
public sealed class OrderMetricsTests(TestServers servers)
{
    [Fact]
    public async Task An_end_counts_once_however_often_its_transaction_is_rolled_back_and_its_message_delivered()
    {
        await using var ordering = await OrderingScenario.Open(servers);
        var order = await ordering.Place();
        await ordering.RollBackNext(commits: 2);
        var rejected = RawBroker.Message(new StockRejected(order, ["MUG-01"]));

        await ordering.Send(rejected);
        await ordering.Ended("out_of_stock", 1);
        await ordering.Send(rejected);
        await ordering.WaitForMetrics(
            scrape => scrape.Sum("shop_messaging_duplicates_total", ("shop_endpoint", "ordering-orders")) == 1, "a duplicate");

        Assert.Equal(3, await ordering.Attempts());
        var scrape = await ordering.Scrape();
        Assert.Equal(1, scrape.Sum("shop_orders_ended_total"));
        Assert.Equal(1, scrape.Sum("shop_orders_ended_total", ("shop_order_outcome", "cancelled"), ("shop_order_reason", "out_of_stock")));
        Assert.Equal(1, scrape.Sum("shop_order_duration_seconds_count"));
        Assert.Equal(1, scrape.Sum("shop_orders_placed_total"));
    }

    [Fact]
    public async Task An_order_that_is_cancelled_after_its_confirmation_has_ended_once_and_is_undone()
    {
        await using var ordering = await OrderingScenario.Open(servers);
        var order = await ordering.Place();
        await ordering.Reach(order, RawBroker.Message(new StockReserved(order)), "StockReserved");
        await ordering.Reach(order, RawBroker.Message(new PaymentTaken(order)), "Confirmed");
        await ordering.Cancel(order);
        await ordering.Reach(order, RawBroker.Message(new StockReleased(order)), "Cancelling");
        await ordering.Reach(order, RawBroker.Message(new PaymentRefunded(order, 25)), "Cancelled");

        var scrape = await ordering.WaitForMetrics(scrape => scrape.Sum("shop_orders_undone_total") == 1, "an order undone");

        Assert.Equal(1, scrape.Sum("shop_orders_undone_total", ("shop_order_reason", "customer_request")));
        Assert.Equal(1, scrape.Sum("shop_orders_ended_total"));
        Assert.Equal(1, scrape.Sum("shop_orders_ended_total", ("shop_order_outcome", "confirmed")));
        Assert.Equal(1, scrape.Sum("shop_order_duration_seconds_count"));
        Assert.InRange(scrape.Sum("shop_order_duration_seconds_sum"), 0.001, 60);
    }

    [Fact]
    public async Task Unfinished_orders_are_measured_by_state_and_the_answer_to_a_repeated_request_places_none()
    {
        await using var ordering = await OrderingScenario.Open(servers);
        var reserved = await ordering.Place();
        await ordering.Place(key: "once");
        await ordering.Place(key: "once");
        await ordering.Reach(reserved, RawBroker.Message(new StockReserved(reserved)), "StockReserved");

        var scrape = await ordering.WaitForMetrics(
            scrape => scrape.Sum("shop_saga_instances", ("shop_saga_state", "StockReserved")) == 1, "an order with its stock reserved");

        Assert.Equal(1, scrape.Sum("shop_saga_instances", ("shop_saga_state", "Placed")));
        Assert.Equal(0, scrape.Sum("shop_saga_instances", ("shop_saga_state", "Cancelling")));
        Assert.Contains("shop_saga_instances{shop_saga_state=\"Cancelling\"} 0", scrape.Text, StringComparison.Ordinal);
        Assert.Equal(2, scrape.Sum("shop_orders_placed_total"));
        Assert.Equal(0, scrape.Sum("shop_orders_ended_total"));
        Assert.Contains("service_name=\"ordering\"", scrape.Text, StringComparison.Ordinal);
    }
}

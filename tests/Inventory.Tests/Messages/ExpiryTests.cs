using Shop.Contracts.Ordering;
using Shop.Support;

namespace Shop.Inventory.Tests.Messages;

/// <summary>A hold that is not confirmed or released runs out.</summary>
public sealed class ExpiryTests(TestServers servers)
{
    [Fact]
    public async Task A_hold_runs_out_by_itself_and_a_late_confirmation_gets_what_is_still_there()
    {
        await using var inventory = await InventoryScenario.Open(
            servers, replicas: 2, ("Reservations__HoldTimeLimit", "00:00:01"), ("Reservations__ExpiryInterval", "00:00:00.1"));
        var (lucky, unlucky) = (InventoryScenario.Reserve(("MUG-01", 1)), InventoryScenario.Reserve(("LAST-ONE", 1)));
        await inventory.SendAll([lucky, unlucky]);
        await Wait.Until(() => inventory.StateOf(lucky.OrderId), state => state == "Expired", "the first hold expired");
        await Wait.Until(() => inventory.StateOf(unlucky.OrderId), state => state == "Expired", "the second hold expired");
        Assert.Equal(new Stock(1, 1, 0, 0), await inventory.StockOf("LAST-ONE"));
        var quicker = InventoryScenario.Reserve(("LAST-ONE", 1));
        await inventory.Send(quicker);
        await Wait.Until(() => inventory.StateOf(quicker.OrderId), state => state is "Held" or "Expired", "the quicker order's hold");
        await inventory.Send(new OrderConfirmed(quicker.OrderId));
        await Wait.Until(() => inventory.StateOf(quicker.OrderId), state => state == "Sold", "the quicker order's sale");

        await inventory.SendAll([new OrderConfirmed(lucky.OrderId), new OrderConfirmed(unlucky.OrderId)]);

        await InventoryScenario.WaitForEvents(inventory.SaleRejected, unlucky.OrderId);
        await Wait.Until(() => inventory.StateOf(lucky.OrderId), state => state == "Sold", "the lucky order's sale");
        Assert.Single(inventory.SaleRejected);
        Assert.Equal(new Stock(1, 0, 0, 1), await inventory.StockOf("LAST-ONE"));
        Assert.Equal(new Stock(1_000_000, 999_999, 0, 1), await inventory.StockOf("MUG-01"));
    }
}

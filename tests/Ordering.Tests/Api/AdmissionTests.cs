using Shop.Contracts.Inventory;
using Shop.Support;

namespace Shop.Ordering.Tests.Api;

public sealed class AdmissionTests(TestServers servers)
{
    // Ten orders may wait for stock, and four for payment; one customer may have half of them.
    static readonly (string, string)[] _settings =
        [("Admission__OrdersPerSecond", "2"), ("OrderSaga__StockTimeLimit", "00:00:10"), ("OrderSaga__PaymentTimeLimit", "00:00:04")];

    [Fact]
    public async Task More_orders_than_can_be_finished_in_time_are_refused_until_some_have_ended()
    {
        await using var ordering = await OrderingScenario.Open(servers, [.. _settings, ("Admission__CustomerShare", "1")]);
        var orders = new List<Guid>();
        while (await ordering.TryPlace("alice") is { } order)
        {
            orders.Add(order);
        }

        // One order may arrive while the others are counted.
        Assert.InRange(orders.Count, 10, 12);
        foreach (var order in orders.Take(4))
        {
            await ordering.Cancel(order);
        }

        await Wait.Until(async () => await ordering.TryPlace("somebody") is not null, "room for an order");
    }

    [Fact]
    public async Task Orders_that_wait_for_payment_count_by_its_time_limit()
    {
        await using var ordering = await OrderingScenario.Open(servers, [.. _settings, ("Admission__CustomerShare", "1")]);
        for (var number = 1; number <= 4; number++)
        {
            var order = await ordering.Place();
            await ordering.Reach(order, RawBroker.Message(new StockReserved(order)), "StockReserved");
        }

        await Wait.Until(async () => await ordering.TryPlace("somebody") is null, "a refusal");
    }

    [Fact]
    public async Task One_customer_cannot_have_them_all()
    {
        await using var ordering = await OrderingScenario.Open(servers, [.. _settings, ("Admission__OrdersPerSecond", "20")]);
        await Task.WhenAll(Enumerable.Range(0, 60).Select(_ => ordering.Place()));

        await Wait.Until(async () => await ordering.TryPlace("alice") is null, "a refusal");

        Assert.NotNull(await ordering.TryPlace("bob"));
    }
}

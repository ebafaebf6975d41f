using System.Diagnostics;
using Shop.Contracts.Inventory;
using Shop.Support;

namespace Shop.Ordering.Tests.Failures;

/// <summary>Our own outages end no order.</summary>
[Collection<Alone>]
public sealed class OutageTests(TestServers servers)
{
    static readonly TimeSpan _timeLimit = TimeSpan.FromSeconds(4);

    [Fact]
    public async Task A_broker_that_is_away_for_longer_than_the_deadline_ends_no_order_and_silence_does()
    {
        await using var shop = await OrderingScenario.Open(servers, ("OrderSaga__StockTimeLimit", $"{_timeLimit}"));
        var commands = await shop.Sent<ReserveStock>();
        await servers.KillBroker();
        var outage = Stopwatch.StartNew();
        var orders = new List<Guid>();
        for (var number = 0; number < 5; number++)
        {
            orders.Add(await shop.Place());
        }

        await Wait.Until(() => outage.Elapsed > 2 * _timeLimit, "an outage longer than the deadline");
        await servers.StartBroker();
        await Wait.Until(() => commands.Count >= orders.Count, "all commands");

        var patience = Stopwatch.StartNew();
        while (patience.Elapsed < _timeLimit / 2)
        {
            Assert.Equal(["Placed"], (await Task.WhenAll(orders.Select(shop.Status))).Distinct());
        }

        await Task.WhenAll(orders.Skip(1).Select(order => shop.Reach(order, RawBroker.Message(new StockReserved(order)), "StockReserved")));
        await Wait.Until(async () => await shop.Status(orders[0]) == "Cancelling", "the end of the patience with inventory");
        Assert.True(patience.Elapsed > _timeLimit - TimeSpan.FromSeconds(1.5), $"It took {patience.Elapsed}.");
    }
}

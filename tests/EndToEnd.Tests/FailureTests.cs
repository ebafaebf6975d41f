using System.Collections.Concurrent;
using System.Diagnostics;
using Shop.Launcher.Processes;

namespace Shop.EndToEnd.Tests;

/// <summary>Processes and servers die under load, and no promise is broken.</summary>
public sealed class FailureTests(ShopSystem shop)
{
    [Theory]
    [InlineData("ordering-1")]
    [InlineData("inventory-1")]
    [InlineData("payment-1")]
    [InlineData("gateway")]
    [InlineData("card-network")]
    [InlineData("rabbitmq")]
    [InlineData("postgres")]
    public async Task Kill_9_in_mid_flight_loses_nothing_and_doubles_nothing(string process)
    {
        var token = shop.Token($"kill-{Guid.NewGuid():N}");
        var accepted = new ConcurrentQueue<Guid>();
        using var stop = new CancellationTokenSource();
        var customers = Enumerable.Range(0, 4).Select(_ => KeepOrdering(token, accepted, stop.Token)).ToArray();
        await ShopSystem.Until(() => Task.FromResult(accepted.Count >= 20), 30, () => "orders to be under way");

        shop.Kill(process);
        await shop.Shop("up");

        var before = accepted.Count;
        await ShopSystem.Until(() => Task.FromResult(accepted.Count >= before + 20), 60, () => "orders to be taken again");
        await stop.CancelAsync();
        await Task.WhenAll(customers);
        await Task.WhenAll(accepted.Select(order => shop.End(order, token, 90)));
        await shop.MustBeClean();
    }

    [Fact]
    public async Task Without_the_broker_orders_are_still_accepted_and_go_on_when_it_is_back()
    {
        var token = shop.Token();
        var services = new[] { "ordering-1", "inventory-1", "payment-1" }.ToDictionary(name => name, name => shop.Find(name).Pid);
        shop.Kill("rabbitmq");

        var placed = new List<Guid>();
        for (var number = 0; number < 10; number++)
        {
            var answer = await shop.Place(token);
            Assert.Equal(202, answer.Status);
            placed.Add(answer.OrderId);
        }

        await shop.Shop("up");
        // A deadline that has passed while the broker was away has its effect.
        await Task.WhenAll(placed.Select(order => shop.End(order, token, 120)));

        Assert.All(services, service => Assert.Equal(service.Value, shop.Find(service.Key).Pid));
        await shop.MustBeClean();
    }

    [Fact]
    public async Task Without_the_database_an_order_is_refused_with_503_and_taken_again_when_it_is_back()
    {
        var token = shop.Token();
        var ordering = shop.Find("ordering-1").Pid;
        shop.Kill("postgres");

        await ShopSystem.Until(
            async () => await shop.Place(token) is { Status: 503 } refused
                && refused.MustBeProblem(503).Headers.ContainsKey("Retry-After"),
            10,
            () => "a 503");
        await shop.Shop("up");
        await ShopSystem.Until(async () => (await shop.Place(token)).Status == 202, 30, () => "an order to be taken");

        Assert.Equal(ordering, shop.Find("ordering-1").Pid);
        await shop.MustBeClean();
    }

    [Fact]
    public async Task Told_to_stop_a_service_ends_within_15_seconds_and_nothing_is_lost()
    {
        var token = shop.Token($"stop-{Guid.NewGuid():N}");
        var accepted = new ConcurrentQueue<Guid>();
        using var stop = new CancellationTokenSource();
        var customers = Enumerable.Range(0, 4).Select(_ => KeepOrdering(token, accepted, stop.Token)).ToArray();
        await ShopSystem.Until(() => Task.FromResult(accepted.Count >= 20), 30, () => "orders to be under way");

        var clock = Stopwatch.StartNew();
        var stopped = await Task.WhenAll(new[] { "ordering-2", "inventory-2", "payment-2" }.Select(name =>
            BackgroundProcess.Stop(shop.Find(name), TimeSpan.FromSeconds(15))));

        Assert.All(stopped, gracefully => Assert.True(gracefully, "A service had to be killed."));
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(15));
        await shop.Shop("up");
        await stop.CancelAsync();
        await Task.WhenAll(customers);
        await Task.WhenAll(accepted.Select(order => shop.End(order, token, 90)));
        await shop.MustBeClean();
    }

    // A customer who repeats an order with the same key until there is an answer. The orders are slow enough to leave processor time to the
    // processes that start meanwhile.
    async Task KeepOrdering(string token, ConcurrentQueue<Guid> accepted, CancellationToken stop)
    {
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(250));
        while (!stop.IsCancellationRequested)
        {
            var key = Guid.NewGuid().ToString();
            await ShopSystem.Until(
                async () =>
                {
                    var answer = await shop.Place(token, "PEN-01", key: key);
                    if (answer.Status == 202)
                    {
                        accepted.Enqueue(answer.OrderId);
                    }

                    return answer.Status == 202;
                },
                120,
                () => "an order to be accepted");
            await pace.WaitForNextTickAsync(TestContext.Current.CancellationToken);
        }
    }
}

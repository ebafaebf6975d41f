using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using Shop.Contracts.Inventory;
using Shop.Contracts.Ordering;
using Shop.Support;

namespace Shop.Inventory.Tests.Messages;

/// <summary>Two replicas, one database, one queue: never oversold, never dead-locked, never lost.</summary>
public sealed class StockTests(TestServers servers, TwoReplicas two) : IClassFixture<TwoReplicas>
{
    const int Customers = 200;
    const int Ample = 1_000_000;

    readonly InventoryScenario _inventory = two.Inventory;

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_catalogue_is_filled_once_though_two_replicas_start_at_once_and_another_later()
    {
        var third = await _inventory.StartReplica();

        await Wait.Until(() => _inventory.Changed.Count >= 6, "six products told");
        using var answer = await third.Http.GetAsync("products", Cancellation);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(6, _inventory.Changed.Count);
        Assert.Equal(new Stock(Ample, Ample, 0, 0), await _inventory.StockOf("PEN-01"));
        Assert.True(await third.Stop());
    }

    [Fact]
    public async Task Of_all_who_want_the_last_one_exactly_one_gets_it()
    {
        var wishes = Enumerable.Range(0, Customers).Select(_ => InventoryScenario.Reserve(("LAST-ONE", 1))).ToArray();

        await _inventory.SendAll(wishes);
        var (reserved, rejected) = await _inventory.Answered(wishes);

        Assert.Single(reserved);
        Assert.Equal(Customers - 1, rejected.Count);
        Assert.Equal(new Stock(1, 0, 1, 0), await _inventory.StockOf("LAST-ONE"));
    }

    [Fact]
    public async Task Orders_that_share_products_in_every_order_never_dead_lock_and_get_every_line_or_none()
    {
        string[] skus = ["A", "B", "C", "D", "E"];
        foreach (var sku in skus)
        {
            await _inventory.Add(sku, 300);
        }

        var random = new Random(1);
        var wishes = Enumerable.Range(0, 600).Select(_ =>
            InventoryScenario.Reserve([.. random.GetItems(skus, 3).Distinct().Select(sku => (sku, random.Next(1, 3)))])).ToArray();

        await _inventory.SendAll(wishes, times: 2);
        var (reserved, rejected) = await _inventory.Answered(wishes);

        Assert.Equal(wishes.Length, reserved.Count + rejected.Count);
        Assert.NotEmpty(rejected);
        foreach (var sku in skus)
        {
            var held = wishes.Where(wish => reserved.Contains(wish.OrderId))
                .SelectMany(wish => wish.Lines).Where(line => line.Sku == sku).Sum(line => line.Quantity);
            Assert.Equal(new Stock(300, 300 - held, held, 0), await _inventory.StockOf(sku));
        }

        Assert.Equal(0, await TestServers.DeadLocks(_inventory.Database));
        Assert.Equal(0, await _inventory.DeadLetters());
    }

    [Fact]
    public async Task A_replica_killed_in_mid_stream_costs_no_order_its_answer()
    {
        await _inventory.Add("KILL", Ample);
        var victim = await _inventory.StartReplica();
        var wishes = Enumerable.Range(0, 1_000).Select(_ => InventoryScenario.Reserve(("KILL", 1))).ToArray();

        var sending = _inventory.SendAll(wishes);
        await Wait.Until(() => _inventory.StockOf("KILL"), stock => stock.Held >= 20, "reservations under way");
        victim.Kill();
        await sending;

        var (reserved, _) = await _inventory.Answered(wishes);
        Assert.Equal(wishes.Length, reserved.Count);
        Assert.Equal(new Stock(Ample, Ample - 1_000, 1_000, 0), await _inventory.StockOf("KILL"));
    }

    [Fact]
    public async Task A_confirmed_order_is_sold_and_a_released_one_is_back_in_stock()
    {
        await _inventory.Add("SELL", 100);
        var (sold, released, returned) =
            (InventoryScenario.Reserve(("SELL", 5)), InventoryScenario.Reserve(("SELL", 7)), InventoryScenario.Reserve(("SELL", 11)));
        await _inventory.SendAll([sold, released, returned]);
        await _inventory.Answered([sold, released, returned]);

        await _inventory.SendAll([new OrderConfirmed(sold.OrderId), new OrderConfirmed(returned.OrderId)], times: 2);
        await _inventory.SendAll([new ReleaseStock(released.OrderId)], times: 2);
        await Wait.Until(() => _inventory.StateOf(returned.OrderId), state => state == "Sold", "a sale");
        await _inventory.Send(new ReleaseStock(returned.OrderId));
        await InventoryScenario.WaitForEvents(_inventory.Released, released.OrderId, returned.OrderId);

        await Wait.Until(() => _inventory.StockOf("SELL"), stock => stock == new Stock(100, 95, 0, 5), "five sold, nothing held");
    }

    [Fact]
    public async Task A_release_that_overtakes_its_reservation_leaves_nothing_to_reserve()
    {
        await _inventory.Add("LATE", 100);
        var (late, next) = (InventoryScenario.Reserve(("LATE", 1)), InventoryScenario.Reserve(("LATE", 1)));

        await _inventory.Send(new ReleaseStock(late.OrderId));
        await InventoryScenario.WaitForEvents(_inventory.Released, late.OrderId);
        await _inventory.Send(late);
        await _inventory.Send(next);
        await _inventory.Answered([next]);

        await _inventory.WaitUntilIdle();
        Assert.DoesNotContain(late.OrderId, _inventory.Reserved.Select(InventoryScenario.OrderOf));
        Assert.Equal(new Stock(100, 99, 1, 0), await _inventory.StockOf("LATE"));
    }

    [Fact]
    public async Task Restocking_beside_reservations_loses_nothing()
    {
        var staff = new AuthenticationHeaderValue("Bearer", servers.Token("sam", "staff"));
        await _inventory.Add("NEW", 0);

        var restocking = Enumerable.Range(0, 100).Select(async number =>
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "products/NEW/restock");
            request.Headers.Authorization = staff;
            request.Content = JsonContent.Create(new { quantity = 3 });
            using var answer = await _inventory.Replicas[number % 2].Http.SendAsync(request, Cancellation);
            Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(Cancellation));
        }).ToArray();
        var wishes = Enumerable.Range(0, Customers).Select(_ => InventoryScenario.Reserve(("NEW", 1))).ToArray();
        await _inventory.SendAll(wishes);
        await Task.WhenAll(restocking);

        var (reserved, _) = await _inventory.Answered(wishes);
        Assert.Equal(new Stock(300, 300 - reserved.Count, reserved.Count, 0), await _inventory.StockOf("NEW"));
    }
}

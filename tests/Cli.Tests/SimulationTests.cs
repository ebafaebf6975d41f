using Shop.Simulation;

namespace Shop.Cli.Tests;

/// <summary>
/// The simulation agrees with known results: textbook queues, conservation laws, and the capacity of a server. These tests are the reason
/// to trust its numbers for a thousand shards.
/// </summary>
public sealed class SimulationTests
{
    const double Service = 0.001;

    /// <summary>Poisson arrivals, exponential service, one server: time in the system is s / (1 − ρ).</summary>
    [Theory]
    [InlineData(0.3)]
    [InlineData(0.6)]
    [InlineData(0.8)]
    [InlineData(0.9)]
    public void One_server_with_random_service_times_is_an_MM1_queue(double load)
    {
        var seen = Single(new(0, Service, BatchMax: 1, Varies: true), load);

        Close(Service / (1 - load), seen.MeanTimeInSystem, within: 0.04);
        Close(load, seen.Utilisation[0], within: 0.02);
        // The time in an M/M/1 system is itself exponential, so its percentiles are known, too.
        Close(Math.Log(2) * Service / (1 - load), seen.Percentile(0.5), within: 0.04);
        Close(Math.Log(100) * Service / (1 - load), seen.Percentile(0.99), within: 0.08);
    }

    /// <summary>Constant service halves the wait (Pollaczek–Khinchine): s + ρ s / (2 (1 − ρ)).</summary>
    [Theory]
    [InlineData(0.3)]
    [InlineData(0.6)]
    [InlineData(0.8)]
    [InlineData(0.9)]
    public void One_server_with_equal_service_times_is_an_MD1_queue(double load)
    {
        var seen = Single(new(0, Service, BatchMax: 1, Varies: false), load);

        Close(Service + (load * Service / (2 * (1 - load))), seen.MeanTimeInSystem, within: 0.03);
    }

    /// <summary>L = λ W for any system. The left side is counted over time, the right side order by order.</summary>
    [Theory]
    [InlineData(1, false)]
    [InlineData(20, false)]
    [InlineData(20, true)]
    public void Littles_law_holds(int shards, bool splits)
    {
        var shop = new ShardedShop(shards, Demand.Hot(1_000, 0.1), splits);

        var seen = shop.Run(new(shop.Saturation * 0.8, 5), seed: 7);

        Close(seen.ArrivalRate * seen.MeanTimeInSystem, seen.MeanInSystem, within: 1e-6);
    }

    [Fact]
    public void Nobody_is_served_faster_than_the_server_works()
    {
        var seen = Single(new(0, Service, BatchMax: 1, Varies: false), load: 1.5);

        Close(1 / Service, seen.Throughput, within: 0.001);
        Close(1, seen.Utilisation[0], within: 0.001);
    }

    /// <summary>A full batch shares one wait for the disk among all that are in it.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    [InlineData(128)]
    public void Group_commit_saturates_at_one_over_message_plus_share_of_the_commit(int batchMax)
    {
        var cost = new LaneCost(Commit: 0.002, Service, batchMax, Varies: false);

        var seen = Single(cost, load: 3);

        Close(1 / (Service + (0.002 / batchMax)), seen.Throughput, within: 0.01);
    }

    /// <summary>An idle lane adds no wait: a message alone costs its commit and itself.</summary>
    [Fact]
    public void Without_company_a_message_takes_its_commit_and_its_own_time()
    {
        var seen = Single(new(Commit: 0.002, Service, BatchMax: 128, Varies: false), load: 0.001);

        Close(0.003, seen.Percentile(0.5), within: 0.001);
    }

    /// <summary>
    /// Above saturation the throughput falls, because new orders take the time of those under way. Admission control answers 503 for this
    /// reason.
    /// </summary>
    [Fact]
    public void One_shard_takes_what_its_slowest_service_takes()
    {
        var shop = new ShardedShop(1, Demand.Even(100), splits: false);

        var below = shop.Run(new(shop.Saturation * 0.97, 300), seed: 1);
        var above = shop.Run(new(shop.Saturation * 1.2, 60), seed: 1);

        Close(shop.Saturation * 0.97, below.Throughput, within: 0.02);
        Close(1, above.Utilisation.Max(), within: 0.02);
        Assert.InRange(above.Throughput, shop.Saturation * 0.8, shop.Saturation);
    }

    /// <summary>The table's saturation rate is calculated. This test measures it.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Below_saturation_every_order_is_done_in_time_and_above_it_the_busiest_shard_falls_behind(bool splits)
    {
        var shop = new ShardedShop(50, Demand.Hot(10_000, 0.1), splits);

        var below = shop.Run(new(shop.Saturation * 0.9, 10), seed: 3);
        var above = shop.Run(new(shop.Saturation * 1.2, 10), seed: 3);

        Close(shop.Saturation * 0.9, below.Throughput, within: 0.02);
        Assert.InRange(below.Utilisation.Max(), 0.85, 0.95);
        Assert.InRange(above.Utilisation.Max(), 0.97, 1.001);
        Assert.True(above.Percentile(0.99) > 5 * below.Percentile(0.99), $"{above.Percentile(0.99)} s after {below.Percentile(0.99)} s");
    }

    /// <summary>Ten times the shards do not help a product whose stock is one row. Buckets do.</summary>
    [Fact]
    public void A_hot_product_binds_the_whole_shop_until_its_stock_is_split()
    {
        var demand = Demand.Hot(10_000, 0.2);
        double Saturation(int shards, bool splits) => new ShardedShop(shards, demand, splits).Saturation;

        Assert.InRange(Saturation(1_000, splits: false) / Saturation(100, splits: false), 0.9, 1.2);
        Assert.InRange(Saturation(1_000, splits: true) / Saturation(100, splits: true), 5, 12);
    }

    [Fact]
    public void Shares_of_demand_add_up_and_are_what_is_picked()
    {
        var demand = Demand.Hot(1_000, 0.2);
        var random = new RandomNumbers(5);
        var picked = new int[1_000];
        for (var order = 0; order < 200_000; order++)
        {
            picked[demand.Pick(random)]++;
        }

        Close(1, demand.Shares.Sum(), within: 1e-9);
        Assert.All([0, 1, 2, 9], sku => Close(demand.Shares[sku], picked[sku] / 200_000.0, within: 0.05));
    }

    [Fact]
    public void The_same_seed_gives_the_same_numbers_and_another_gives_others()
    {
        static SimulationRow[] Rows(ulong seed) => [.. Sweep.Run(new([1, 10], Hot: 0.1, seed))];

        Assert.Equal(Rows(1), Rows(1));
        Assert.NotEqual(Rows(1).Select(row => row.P99), Rows(2).Select(row => row.P99));
    }

    // Long enough for the longest queue: about two million messages.
    static Observation Single(LaneCost cost, double load) =>
        new Network([new Lane(cost)], [new Step(0)], decidingStep: 0, (_, places) => places[0] = 0, seed: 11).Run(
            new(load / cost.Message, 2_000 / load));

    static void Close(double expected, double found, double within) =>
        Assert.True(
            Math.Abs(found - expected) <= within * Math.Abs(expected), $"expected {expected:g5} within {within:p1}, found {found:g5}");
}

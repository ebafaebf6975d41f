namespace Shop.Simulation;

/// <summary>What is simulated.</summary>
/// <param name="Shards">One row of each kind for each number of them.</param>
/// <param name="Hot">The share of all orders that want the one product on sale.</param>
public sealed record SimulationOptions(IReadOnlyList<int> Shards, double Hot, ulong Seed)
{
    public static SimulationOptions Default { get; } = new([1, 10, 100, 1000], Hot: 0.1, Seed: 1);
}

/// <summary>One system under one demand, at a load it can just live with.</summary>
/// <param name="SaturatesAt">Orders per second at which the busiest shard has no time left.</param>
/// <param name="Gain">How many times as much as one shard takes.</param>
/// <param name="OfferedPerSecond">The load of the rest of this row.</param>
/// <param name="P50">Milliseconds to the terminal state.</param>
/// <param name="BusiestShard">The share of the time the busiest core worked.</param>
/// <param name="AverageShard">
/// The same for an inventory core on average: the difference to the busiest core is capacity that stays idle.
/// </param>
public sealed record SimulationRow(
    int Shards,
    string Demand,
    int LargestSplit,
    double SaturatesAt,
    double Gain,
    double OfferedPerSecond,
    double CompletedPerSecond,
    double P50,
    double P99,
    double BusiestShard,
    double AverageShard);

/// <summary>All rows of a simulation.</summary>
public static class Sweep
{
    const int Skus = 100_000;
    const double Load = 0.7;
    const double SecondsLeast = 2;
    const int OrdersLeast = 20_000;

    public static IEnumerable<SimulationRow> Run(SimulationOptions options)
    {
        var even = Demand.Even(Skus);
        var hot = Demand.Hot(Skus, options.Hot);
        var one = new ShardedShop(1, even, splits: false).Saturation;
        return
            from shards in options.Shards
            from row in new[] { ("even", even, false), ("hot", hot, false), ("hot, in buckets", hot, true) }
            select Row(shards, row.Item1, new ShardedShop(shards, row.Item2, row.Item3), one, options.Seed);
    }

    static SimulationRow Row(int shards, string demand, ShardedShop shop, double one, ulong seed)
    {
        var rate = shop.Saturation * Load;
        var seen = shop.Run(new(rate, Math.Max(SecondsLeast, OrdersLeast / rate)), seed);
        return new(
            shards,
            demand,
            shop.LargestSplit,
            shop.Saturation,
            shop.Saturation / one,
            rate,
            seen.Throughput,
            seen.Percentile(0.5) * 1e3,
            seen.Percentile(0.99) * 1e3,
            seen.Utilisation.Max(),
            seen.Utilisation.Skip(shards).Take(shards).Average());
    }
}

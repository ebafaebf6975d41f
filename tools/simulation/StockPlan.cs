namespace Shop.Simulation;

/// <summary>
/// Where the stock of a product is kept: on the shard its SKU hashes to, or, split into buckets, on that shard and those after
/// it. A bucket holds a part of the units; an order goes to any one.
/// </summary>
sealed class StockPlan
{
    // A bucket gets at most a quarter of a shard's average load.
    const int BucketsPerShare = 4;

    readonly int _shards;
    readonly int[] _first;
    readonly int[] _buckets;

    public StockPlan(Demand demand, int shards, bool splits)
    {
        _shards = shards;
        _first = [.. demand.Shares.Select((_, sku) => RandomNumbers.Shard((ulong)sku, shards))];
        _buckets = [.. demand.Shares.Select(share =>
            splits ? Math.Clamp((int)Math.Ceiling(share * shards * BucketsPerShare), 1, shards) : 1)];
        LargestShare = ShareOf(demand).Max();
    }

    /// <summary>The share of all orders that the busiest shard gets.</summary>
    public double LargestShare { get; }

    public int LargestSplit => _buckets.Max();

    public int ShardOf(int sku, RandomNumbers random) =>
        _buckets[sku] == 1 ? _first[sku] : (_first[sku] + random.Next(_buckets[sku])) % _shards;

    double[] ShareOf(Demand demand)
    {
        var shares = new double[_shards];
        for (var sku = 0; sku < _buckets.Length; sku++)
        {
            for (var bucket = 0; bucket < _buckets[sku]; bucket++)
            {
                shares[(_first[sku] + bucket) % _shards] += demand.Shares[sku] / _buckets[sku];
            }
        }

        return shares;
    }
}

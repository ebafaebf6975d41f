namespace Shop.Simulation;

/// <summary>Which product an order is for. Product 0 is the one on sale.</summary>
public sealed class Demand
{
    readonly double[] _cumulated;

    Demand(double[] shares)
    {
        Shares = shares;
        _cumulated = new double[shares.Length];
        var sum = 0.0;
        for (var sku = 0; sku < shares.Length; sku++)
        {
            _cumulated[sku] = sum += shares[sku];
        }
    }

    /// <summary>The share of all orders, by product.</summary>
    public IReadOnlyList<double> Shares { get; }

    /// <summary>Every product is asked for as often as any other.</summary>
    public static Demand Even(int skus) => new([.. Enumerable.Repeat(1.0 / skus, skus)]);

    /// <summary>
    /// Popularity by Zipf's law, the second product half as often as the first, the third a third as often; and one product is on sale,
    /// which an extra share of customers wants.
    /// </summary>
    public static Demand Hot(int skus, double hotShare)
    {
        var harmonic = Enumerable.Range(1, skus).Sum(rank => 1.0 / rank);
        return new([.. Enumerable.Range(1, skus).Select(rank => ((1 - hotShare) / (rank * harmonic)) + (rank == 1 ? hotShare : 0))]);
    }

    public int Pick(RandomNumbers random)
    {
        var found = Array.BinarySearch(_cumulated, random.Next() * _cumulated[^1]);
        return Math.Min(found < 0 ? ~found : found + 1, _cumulated.Length - 1);
    }
}

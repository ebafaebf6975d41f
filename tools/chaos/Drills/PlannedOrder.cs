namespace Shop.Chaos.Drills;

/// <summary>One order of a drill's load, and what its customer does besides.</summary>
/// <param name="At">When it is due, from the start of the load.</param>
/// <param name="CancelAfter">How long after the 202 the customer changes their mind; null for never.</param>
/// <param name="AskTwice">The customer sends the same request once more, with the same idempotency key.</param>
public sealed record PlannedOrder(
    TimeSpan At, string Customer, string Key, string Sku, int Quantity, string Payment, TimeSpan? CancelAfter, bool AskTwice)
{
    const int Customers = 100;
    const double CancelShare = 0.1;
    const double AskTwiceShare = 0.1;
    const int CancelSecondsMax = 4;

    // What the shares add up to does not matter.
    static readonly (string Value, double Share)[] _payments =
    [
        ("tok_visa", 72), ("tok_flaky", 8), ("tok_declined", 5), ("tok_insufficient_funds", 4), ("tok_slow", 5), ("tok_timeout", 3),
        ("tok_outage", 3),
    ];

    static readonly (string Value, double Share)[] _skus =
    [
        ("PEN-01", 60), ("MUG-01", 10), ("TEE-01", 8), ("CAP-01", 7), (Stock.Scarce, 10), ("LAST-ONE", 3), ("SOLD-OUT", 2),
    ];

    /// <summary>
    /// A mixed load: all payment tokens, one hot product, last units, cancels and repeated requests. It arrives as calls do
    /// (a Poisson process), whatever the answers take. The same seed gives the same orders.
    /// </summary>
    /// <param name="run">Sets the idempotency keys of one run apart from those of another.</param>
    public static IReadOnlyList<PlannedOrder> Mix(string run, int seed, int orders, double rate)
    {
        var random = new Random(seed);
        var at = TimeSpan.Zero;
        var plan = new List<PlannedOrder>(orders);
        for (var number = 1; number <= orders; number++)
        {
            at += TimeSpan.FromSeconds(-Math.Log(1 - random.NextDouble()) / rate);
            plan.Add(new(
                at,
                $"customer-{random.Next(Customers):000}",
                $"{run}-{number}",
                Pick(random, _skus),
                random.Next(1, 4),
                Pick(random, _payments),
                random.NextDouble() < CancelShare ? TimeSpan.FromSeconds(random.NextDouble() * CancelSecondsMax) : null,
                random.NextDouble() < AskTwiceShare));
        }

        return plan;
    }

    static string Pick(Random random, (string Value, double Share)[] choices)
    {
        var point = random.NextDouble() * choices.Sum(choice => choice.Share);
        foreach (var (value, share) in choices)
        {
            if ((point -= share) < 0)
            {
                return value;
            }
        }

        return choices[^1].Value;
    }
}

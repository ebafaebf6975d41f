using System.ComponentModel.DataAnnotations;

namespace Shop.Ordering.Orders;

/// <summary>How many orders may be under way.</summary>
public sealed class AdmissionOptions
{
    public const string Section = "Admission";

    /// <summary>
    /// How many orders all replicas together bring to their end in a second, at the least. At this rate a new order must reach each answer
    /// it waits for within half of that answer's time limit, or it is not accepted.
    /// </summary>
    [Range(1, 1_000_000)]
    public int OrdersPerSecond { get; init; } = 100;

    /// <summary>The share of the orders under way that one customer may have.</summary>
    [Range(0.01, 1.0)]
    public double CustomerShare { get; init; } = 0.5;

    /// <summary>How many orders may wait for an answer with this time limit.</summary>
    public int WaitingMax(TimeSpan timeLimit) => (int)Math.Clamp(OrdersPerSecond * timeLimit.TotalSeconds / 2, 1, int.MaxValue);
}

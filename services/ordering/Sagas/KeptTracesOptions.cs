using System.ComponentModel.DataAnnotations;
using Shop.Ordering.Orders;

namespace Shop.Ordering.Sagas;

/// <summary>The orders whose traces are kept although sampling has passed them over.</summary>
public sealed class KeptTracesOptions
{
    public const string Section = "KeptTraces";

    /// <summary>Those that are cancelled, for whatever reason.</summary>
    public bool Cancelled { get; init; } = true;

    /// <summary>Those that have not ended after this time, or end later.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "365.00:00:00")]
    public TimeSpan SlowAfter { get; init; } = TimeSpan.FromSeconds(5);

    /// <param name="status">What the order is about to become.</param>
    /// <returns>Null if there is none, or it was there before.</returns>
    internal string? ReasonToKeep(Order order, string status, DateTimeOffset now) => status switch
    {
        // Kept since it began to be.
        _ when order.Status == OrderStatus.Cancelling => null,
        OrderStatus.Cancelling or OrderStatus.Cancelled when Cancelled => "cancelled",
        _ => now - order.PlacedAt > SlowAfter ? "slow" : null,
    };
}

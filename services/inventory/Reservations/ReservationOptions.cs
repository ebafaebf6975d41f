using System.ComponentModel.DataAnnotations;

namespace Shop.Inventory.Reservations;

/// <summary>How long stock is held for an order.</summary>
public sealed class ReservationOptions
{
    public const string Section = "Reservations";

    /// <summary>
    /// The age at which a hold is given up. It is longer than all deadlines of the order's saga together (46 minutes), with time for an
    /// outage in which neither the answer nor the deadline gets through.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "30.00:00:00")]
    public TimeSpan HoldTimeLimit { get; init; } = TimeSpan.FromHours(2);

    /// <summary>How often holds are checked.</summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "01:00:00")]
    public TimeSpan ExpiryInterval { get; init; } = TimeSpan.FromSeconds(5);
}

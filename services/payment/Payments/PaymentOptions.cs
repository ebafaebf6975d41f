using System.ComponentModel.DataAnnotations;

namespace Shop.Payment.Payments;

/// <summary>How payments are worked off.</summary>
public sealed class PaymentOptions
{
    public const string Section = "Payments";

    /// <summary>Calls to the card network at once, per replica. Slow ones must not keep quick ones waiting.</summary>
    [Range(1, 10_000)]
    public int CallsMax { get; init; } = 512;

    /// <summary>After which another replica may take over an attempt. Longer than any attempt can last.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "01:00:00")]
    public TimeSpan LeaseTime { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>
    /// After which a charge that was sent and never answered is either in the network's ledger or never will be. Longer than
    /// the lease: a replica may send its charge at the very end of it.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "01:00:00")]
    public TimeSpan SettlingTime { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>Longest pause between two attempts; the first are quicker.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "01:00:00")]
    public TimeSpan RetryPauseMax { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How often a replica looks for work nobody told it of.</summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "00:01:00")]
    public TimeSpan PollInterval { get; init; } = TimeSpan.FromMilliseconds(250);
}

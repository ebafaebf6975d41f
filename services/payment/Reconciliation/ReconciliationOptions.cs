using System.ComponentModel.DataAnnotations;

namespace Shop.Payment.Reconciliation;

/// <summary>How payments are held against the payment provider's ledger.</summary>
public sealed class ReconciliationOptions
{
    public const string Section = "Reconciliation";

    /// <summary>From the end of a sweep to the next. One replica does it for all.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "1.00:00:00")]
    public TimeSpan Interval { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// What changed in the ledger more recently than this is left for the next sweep. At least as long as the provider's list may lag
    /// behind its ledger: what appears in it later than that is not seen by a sweep.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "1.00:00:00")]
    public TimeSpan LedgerLag { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Charges asked for at once.</summary>
    [Range(1, 10_000)]
    public int PageSize { get; init; } = 1_000;

    /// <summary>After which another replica takes over from one that has not come to the end of its page.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan LeaseTime { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>After which staff is told that the ledger could not be read to its end.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "7.00:00:00")]
    public TimeSpan AlarmAfter { get; init; } = TimeSpan.FromMinutes(15);
}

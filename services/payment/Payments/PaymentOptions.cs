using System.ComponentModel.DataAnnotations;

namespace Shop.Payment.Payments;

/// <summary>How payments are processed.</summary>
public sealed class PaymentOptions
{
    public const string Section = "Payments";

    static readonly TimeSpan[] _looks = [TimeSpan.FromMinutes(5), TimeSpan.FromHours(1), TimeSpan.FromDays(1)];

    /// <summary>Calls to the payment provider at once, per replica. Slow ones must not keep quick ones waiting.</summary>
    [Range(1, 10_000)]
    public int CallsMax { get; init; } = 512;

    /// <summary>After which another replica may take over an attempt. Longer than any attempt can last.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "01:00:00")]
    public TimeSpan LeaseTime { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>
    /// After which a charge that was sent and never answered counts as not made while the ledger has none: until then nobody is told that
    /// nothing was taken. At least the lease and the time for an answer, because a replica may send its charge at the very end of
    /// its lease. A provider under load lands charges a minute late; later ones are found by <see cref="LookAgainAfter"/>.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "01:00:00")]
    public TimeSpan SettlingTime { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// When, from the last charge that was sent, the ledger is asked again about a payment that was given up because it had no charge.
    /// Empty: after 5 minutes, an hour and a day.
    /// </summary>
    public IReadOnlyList<TimeSpan> LookAgainAfter { get; init; } = [];

    /// <summary>Longest pause between two attempts. Each is a quarter of the time that has been tried for already.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "1.00:00:00")]
    public TimeSpan RetryPauseMax { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>After which a payment whose outcome is still open is shown to staff. It is tried for ever.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "7.00:00:00")]
    public TimeSpan AlarmAfter { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How often a replica polls for due payments.</summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "00:01:00")]
    public TimeSpan PollInterval { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>The next look at the ledger for a charge that was sent at a time and given up; null if there are no more.</summary>
    public DateTimeOffset? NextLook(DateTimeOffset? chargedAt, DateTimeOffset now)
    {
        var looks = (LookAgainAfter is [] ? _looks : LookAgainAfter).Select(after => chargedAt + after);
        return looks.Where(look => look > now).Min();
    }
}

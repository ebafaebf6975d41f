using System.ComponentModel.DataAnnotations;

namespace Shop.Payment.Provider;

/// <summary>The address of the payment provider, and the limits for calls.</summary>
public sealed class ProviderOptions
{
    public const string Section = "CardNetwork";

    [Required, Url]
    public string Url { get; init; } = "";

    /// <summary>Sent as <c>Authorization: Bearer</c>. Null: the provider asks for none.</summary>
    public string? ApiKey { get; init; }

    /// <summary>For one answer. A charge that takes longer is of unknown outcome, and the provider is asked about it.</summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "00:05:00")]
    public TimeSpan AnswerTimeLimit { get; init; } = TimeSpan.FromSeconds(7);

    /// <summary>A longer answer is not read, because no answer of the provider is that long.</summary>
    [Range(1_024, 100_000_000)]
    public int AnswerBytesMax { get; init; } = 4_000_000;

    /// <summary>
    /// Calls at once, per replica, of customers whose calls keep failing; all others have what <c>Payments:CallsMax</c>
    /// leaves.
    /// </summary>
    [Range(1, 10_000)]
    public int FailingCallsMax { get; init; } = 128;

    /// <summary>Quick repetitions of a call that failed for certain.</summary>
    [Range(0, 10)]
    public int Retries { get; init; } = 2;

    /// <summary>Share of failing calls that opens the circuit breaker.</summary>
    [Range(0.01, 1.0)]
    public double BreakerFailureRatio { get; init; } = 0.7;

    /// <summary>Calls within the breaker's sampling time below which it stays closed, whatever they do.</summary>
    [Range(2, 100_000)]
    public int BreakerCallsMin { get; init; } = 30;

    /// <summary>How long the breaker stays open.</summary>
    [Range(typeof(TimeSpan), "00:00:00.500", "01:00:00")]
    public TimeSpan BreakerOpenTime { get; init; } = TimeSpan.FromSeconds(2);
}

using System.ComponentModel.DataAnnotations;

namespace Shop.PaymentProvider;

/// <summary>How badly the provider behaves at the moment.</summary>
/// <param name="LatencyMilliseconds">Added to each charge and refund.</param>
/// <param name="ErrorRate">Share of charges and refunds answered with 503, before any money moves.</param>
/// <param name="SilentRate">Share of charges that take the money and are never answered.</param>
/// <param name="Outage">Nothing works.</param>
/// <param name="LateRate">Share of charges that are answered to nobody and take the money only later.</param>
/// <param name="LateMilliseconds">How much later.</param>
/// <param name="KeyInUseRate">Share of charges and refunds refused with 409: the idempotency key is in use.</param>
/// <param name="ProxyRate">
/// Share of calls answered by a proxy or a firewall, with a page or a redirect, whatever becomes of the money.
/// </param>
/// <param name="StrangeRate">Share of calls answered with 200 and a word or an object that is not in the contract.</param>
/// <param name="BrokenRate">Share of calls answered with 200 and half a body, or one that does not end.</param>
/// <param name="RefundRate">Share of charges that somebody gives back from refunds.</param>
/// <param name="PartialRefundRate">Share of charges that somebody gives back from outside in two parts.</param>
/// <param name="RefundMilliseconds">How long after the charge, and between the two parts.</param>
/// <param name="KeyExpired">The API key is refused.</param>
/// <param name="LedgerLagMilliseconds">For how long a new charge is not seen by who asks.</param>
/// <param name="QuestionErrorRate">Share of questions about one charge answered with 503. Lists by time are not met.</param>
/// <param name="Seed">Makes the chances repeatable.</param>
sealed record Faults(
    [property: Range(0, 600_000)] int LatencyMilliseconds = 0,
    [property: Range(0.0, 1.0)] double ErrorRate = 0,
    [property: Range(0.0, 1.0)] double SilentRate = 0,
    bool Outage = false,
    [property: Range(0.0, 1.0)] double LateRate = 0,
    [property: Range(0, 600_000)] int LateMilliseconds = 15_000,
    [property: Range(0.0, 1.0)] double KeyInUseRate = 0,
    [property: Range(0.0, 1.0)] double ProxyRate = 0,
    [property: Range(0.0, 1.0)] double StrangeRate = 0,
    [property: Range(0.0, 1.0)] double BrokenRate = 0,
    [property: Range(0.0, 1.0)] double RefundRate = 0,
    [property: Range(0.0, 1.0)] double PartialRefundRate = 0,
    [property: Range(0, 600_000)] int RefundMilliseconds = 2_000,
    bool KeyExpired = false,
    [property: Range(0, 600_000)] int LedgerLagMilliseconds = 0,
    [property: Range(0.0, 1.0)] double QuestionErrorRate = 0,
    int Seed = 0);

/// <summary>The faults in force.</summary>
sealed class FaultInjection
{
    readonly Lock _lock = new();
    Random _random = new(0);

    public Faults Current { get; private set; } = new();

    /// <summary>How many calls the faults in force have met.</summary>
    public int Hits { get; private set; }

    public void Set(Faults faults)
    {
        lock (_lock)
        {
            Current = faults;
            _random = new(faults.Seed);
            Hits = 0;
        }
    }

    public bool Happens(double rate)
    {
        lock (_lock)
        {
            return rate > 0 && _random.NextDouble() < rate && Hit();
        }
    }

    /// <summary>One of several, as repeatable as the chances.</summary>
    public T Pick<T>(IReadOnlyList<T> choices)
    {
        lock (_lock)
        {
            return choices[_random.Next(choices.Count)];
        }
    }

    /// <summary>Counts a call that meets a fault.</summary>
    public bool Hit()
    {
        lock (_lock)
        {
            Hits++;
            return true;
        }
    }
}

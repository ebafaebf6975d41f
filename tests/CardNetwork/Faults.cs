using System.ComponentModel.DataAnnotations;

namespace Shop.CardNetwork;

/// <summary>How badly the network behaves at the moment.</summary>
/// <param name="LatencyMilliseconds">Added to each charge and refund.</param>
/// <param name="ErrorRate">Share of charges and refunds answered with 503, before any money moves.</param>
/// <param name="SilentRate">Share of charges that take the money and are never answered.</param>
/// <param name="Outage">Nothing works.</param>
/// <param name="Seed">Makes the chances repeatable.</param>
sealed record Faults(
    [property: Range(0, 600_000)] int LatencyMilliseconds = 0,
    [property: Range(0.0, 1.0)] double ErrorRate = 0,
    [property: Range(0.0, 1.0)] double SilentRate = 0,
    bool Outage = false,
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

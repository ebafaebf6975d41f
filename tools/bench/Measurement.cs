using Shop.Chaos.Load;

namespace Shop.Bench;

/// <summary>What one system did at one level in one round.</summary>
/// <param name="Rate">Orders per second that were asked; null for as many as it took.</param>
/// <param name="MessagesPerOrder">That the broker received.</param>
public sealed record Measurement(string Peer, int Round, string Level, double? Rate, LoadResult Load, double MessagesPerOrder)
{
    /// <summary>Milliseconds of all processes together, databases and broker included.</summary>
    public double CpuPerOrder => Load.CpuPerOrder.Values.Sum();
}

/// <summary>How quickly a system gets going. Rates are completed orders per second.</summary>
/// <param name="StartSeconds">From nothing to ready.</param>
/// <param name="First">Saturated, in the warm-up right after the start.</param>
/// <param name="Warm">Saturated, after it.</param>
public sealed record Start(string Peer, int Round, double StartSeconds, double First, double Warm);

/// <summary>Something that is wrong: with it, figures are worth nothing.</summary>
public sealed record Finding(string Peer, int Round, string What);

/// <summary>All that was measured.</summary>
/// <param name="LoadBefore">The machine's load average before the first system started.</param>
public sealed record BenchResult(
    DateTimeOffset At,
    int Cores,
    double LoadBefore,
    BenchOptions Options,
    IReadOnlyList<Measurement> Measurements,
    IReadOnlyList<Start> Starts,
    IReadOnlyList<Finding> Findings)
{
    public bool Ok => Findings is [];

    /// <summary>The ratios, as <c>--json</c> shows them.</summary>
    public IReadOnlyList<ComparedRow> Compared => Comparison.Of(this);
}

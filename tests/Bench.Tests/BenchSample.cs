using Shop.Chaos.Load;

namespace Shop.Bench.Tests;

/// <summary>Results that nobody has measured.</summary>
static class BenchSample
{
    public static BenchOptions Options { get; } =
        new(["monolith", "shop"], [LoadLevel.Saturated], Rounds: 3, Seconds: 20, WarmUpSeconds: 20);

    public static BenchResult Of(params Measurement[] measurements) => new(
        new(2026, 11, 26, 12, 0, 0, TimeSpan.Zero),
        2,
        0.5,
        Options,
        measurements,
        [.. measurements.Select(measured => new Start(measured.Peer, measured.Round, 10, First: 50, Warm: 100))],
        []);

    /// <param name="cpu">Milliseconds per order, three quarters of them in one process.</param>
    public static Measurement Measured(string peer, int round, double cpu, double messages = 0) => new(
        peer,
        round,
        LoadLevel.Saturated.Name,
        null,
        new(
            Sent: 2_000,
            Accepted: 2_000,
            new Dictionary<string, int>(),
            new Dictionary<string, int> { ["Confirmed"] = 2_000 },
            MissingOrders: 0,
            new Dictionary<string, int>(),
            UnexplainedDuplicates: 0,
            AcceptedPerSecond: 100,
            CompletedPerSecond: 100,
            new Percentiles(4, 8, 10, 20),
            Completion: null,
            new Dictionary<string, double> { ["ordering-1"] = cpu * 0.75, ["postgres"] = cpu * 0.25 },
            TransactionsPerOrder: 2,
            RowsWrittenPerOrder: 5,
            WriteAheadLogBytesPerOrder: 4_000),
        messages);
}

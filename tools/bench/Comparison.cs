namespace Shop.Bench;

/// <summary>Values of several rounds.</summary>
public sealed record Spread(double Median, double Least, double Most)
{
    /// <returns>Null for no values.</returns>
    public static Spread? Of(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted is [] ? null : new((sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2, sorted[0], sorted[^1]);
    }
}

/// <summary>A figure of a measurement. Less is better, but for orders per second.</summary>
/// <param name="Unit">Of the figure itself; a ratio has none.</param>
public sealed record Measure(string Name, string Unit, Func<Measurement, double?> Of)
{
    public static IReadOnlyList<Measure> All { get; } =
    [
        new("completed orders", "/s", measured => measured.Load.CompletedPerSecond),
        new("CPU per order", "ms", measured => measured.CpuPerOrder),
        new("to 202, p50", "ms", measured => measured.Load.Acceptance?.P50),
        new("to 202, p99", "ms", measured => measured.Load.Acceptance?.P99),
        new("to the end, p50", "ms", measured => measured.Load.Completion?.P50),
        new("to the end, p99", "ms", measured => measured.Load.Completion?.P99),
        new("transactions per order", "", measured => measured.Load.TransactionsPerOrder),
        new("written rows per order", "", measured => measured.Load.RowsWrittenPerOrder),
        new("write-ahead log per order", "kB", measured => measured.Load.WriteAheadLogBytesPerOrder / 1000),
        new("messages per order", "", measured => measured.MessagesPerOrder),
    ];
}

/// <summary>One figure of all systems at one level.</summary>
/// <param name="Reference">The figure of the system that the others are compared with; null if there is none.</param>
/// <param name="Others">
/// By system: how often the reference's. Where that is 0, the figure itself, and <see cref="AreRatios"/> is false.
/// </param>
public sealed record ComparedRow(
    string Level, string Measure, string Unit, Spread? Reference, bool AreRatios, IReadOnlyDictionary<string, Spread?> Others);

/// <summary>
/// Ratios are made within a round, where all systems have met the same machine, and then spread over the rounds: what slows a whole
/// round down does not count.
/// </summary>
public static class Comparison
{
    public const string Usual = "monolith";

    /// <summary>The system that the others are compared with: the monolith, or the first where it is left out.</summary>
    public static string ReferenceOf(BenchOptions options) => options.Peers.Contains(Usual) ? Usual : options.Peers[0];

    public static IReadOnlyList<ComparedRow> Of(BenchResult result) =>
    [
        .. result.Options.Levels.SelectMany(level => Measure.All.Select(measure => Row(result, level.Name, measure)))
            .Where(row => row.Reference is not null || row.Others.Values.Any(value => value is not null)),
    ];

    static ComparedRow Row(BenchResult result, string level, Measure measure)
    {
        var reference = ReferenceOf(result.Options);
        var values = result.Measurements.Where(measured => measured.Level == level && measure.Of(measured) is not null)
            .ToLookup(measured => measured.Peer, measured => (measured.Round, Value: measure.Of(measured)!.Value));
        var byRound = values[reference].ToDictionary(value => value.Round, value => value.Value);
        var areRatios = byRound.Values.All(value => value > 0);
        return new(
            level,
            measure.Name,
            measure.Unit,
            Spread.Of(byRound.Values),
            areRatios,
            result.Options.Peers.Where(peer => peer != reference).ToDictionary(peer => peer, peer => Spread.Of(areRatios
                ? values[peer].Where(value => byRound.ContainsKey(value.Round)).Select(value => value.Value / byRound[value.Round])
                : values[peer].Select(value => value.Value))));
    }
}

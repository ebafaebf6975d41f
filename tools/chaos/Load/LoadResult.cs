using HdrHistogram;

namespace Shop.Chaos.Load;

/// <summary>How times are spread, in milliseconds.</summary>
public sealed record Percentiles(double P50, double P90, double P99, double Max)
{
    public static Percentiles Of(HistogramBase microseconds) => new(
        Milliseconds(microseconds.GetValueAtPercentile(50)),
        Milliseconds(microseconds.GetValueAtPercentile(90)),
        Milliseconds(microseconds.GetValueAtPercentile(99)),
        Milliseconds(microseconds.GetMaxValue()));

    static double Milliseconds(long microseconds) => Math.Round(microseconds / 1000.0, 1);
}

/// <summary>What a load run measured. Times are in milliseconds.</summary>
/// <param name="CompletedPerSecond">Orders that reached their end, from the first request to the last end.</param>
/// <param name="MissingOrders">Accepted with a 202, and not there: must be 0.</param>
/// <param name="Unexplained">Orders that ended for a reason that is not in the load, by reason: must be none.</param>
/// <param name="UnexplainedDuplicates">
/// Messages that were dropped as duplicates and that nobody says to have been delivered twice: must be 0.
/// </param>
/// <param name="CpuPerOrder">Processor milliseconds per accepted order, by process.</param>
public sealed record LoadResult(
    int Sent,
    int Accepted,
    IReadOnlyDictionary<string, int> Refused,
    IReadOnlyDictionary<string, int> Outcomes,
    int MissingOrders,
    IReadOnlyDictionary<string, int> Unexplained,
    long UnexplainedDuplicates,
    double AcceptedPerSecond,
    double CompletedPerSecond,
    Percentiles? Acceptance,
    Percentiles? Completion,
    IReadOnlyDictionary<string, double> CpuPerOrder,
    double TransactionsPerOrder,
    double RowsWrittenPerOrder,
    double WriteAheadLogBytesPerOrder)
{
    public bool Ok => this is { Accepted: > 0, MissingOrders: 0, Unexplained.Count: 0, UnexplainedDuplicates: 0 };
}

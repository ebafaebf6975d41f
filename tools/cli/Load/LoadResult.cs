using HdrHistogram;

namespace Shop.Cli.Load;

sealed record Percentiles(double P50, double P90, double P99, double Max)
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
/// <param name="CpuPerOrder">Processor milliseconds per accepted order, by process.</param>
sealed record LoadResult(
    int Sent,
    int Accepted,
    IReadOnlyDictionary<string, int> Refused,
    IReadOnlyDictionary<string, int> Outcomes,
    int MissingOrders,
    double AcceptedPerSecond,
    double CompletedPerSecond,
    Percentiles? Acceptance,
    Percentiles? Completion,
    IReadOnlyDictionary<string, double> CpuPerOrder,
    double TransactionsPerOrder,
    double RowsWrittenPerOrder);

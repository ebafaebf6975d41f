using System.Globalization;
using System.Text;

namespace Shop.Cli.Simulation;

/// <summary>The rows as a table that is also Markdown, rounded to what they are worth.</summary>
static class SimulationTable
{
    public static string Of(IEnumerable<SimulationRow> rows)
    {
        var text = new StringBuilder()
            .AppendLine("| shards | demand | saturates at, orders/s | × one shard | p50, ms | p99, ms | busiest core | average core |")
            .Append("|---:|---|---:|---:|---:|---:|---:|---:|");
        foreach (var row in rows)
        {
            text.AppendLine().Append(CultureInfo.InvariantCulture, $"| {row.Shards} | {Demand(row)} | {Thousands(row.SaturatesAt)} | {row.Gain:0.0} ")
                .Append(CultureInfo.InvariantCulture, $"| {row.P50:0} | {row.P99:0} | {Percent(row.BusiestShard)} | {Percent(row.AverageShard)} |");
        }

        return text.ToString();
    }

    static string Demand(SimulationRow row) => row.LargestSplit > 1 ? $"{row.Demand} (up to {row.LargestSplit})" : row.Demand;

    // Three digits: the model is no better than that.
    static string Thousands(double value)
    {
        var unit = Math.Pow(10, Math.Max(0, Math.Floor(Math.Log10(value)) - 2));
        return (Math.Round(value / unit) * unit).ToString("#,0", CultureInfo.InvariantCulture);
    }

    // Not the format P, which puts a blank of its own before the sign.
    static string Percent(double share) => (share * 100).ToString(share < 0.01 ? "0.0" : "0", CultureInfo.InvariantCulture) + " %";
}

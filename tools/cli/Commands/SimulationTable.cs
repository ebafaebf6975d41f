using System.Globalization;
using Shop.Cli.Output;
using Shop.Simulation;

namespace Shop.Cli.Commands;

/// <summary>The rows as a table, rounded to what they are worth.</summary>
static class SimulationTable
{
    static readonly string[] _columns =
        ["#shards", "demand", "#saturates at, orders/s", "#× one shard", "#p50, ms", "#p99, ms", "#busiest core", "#average core"];

    public const string Legend =
        """
        shards: each has one core for each service, with its database and its part of the broker
        demand: even is 100,000 products wanted alike; hot is by Zipf's law, and a share of all orders (--hot) wants one product on sale; in buckets, the stock of wanted products is split over up to so many shards
        saturates at: the orders per second at which the busiest core has no time left; × one shard: as a multiple of one shard's
        p50, p99: from the request to the end of the order, at 70 % of that load; busiest, average core: the share of the time a core works then
        """;

    public static TextTable Text(IEnumerable<SimulationRow> rows)
    {
        var table = new TextTable(_columns);
        foreach (var row in rows)
        {
            table.Add(Cells(row));
        }

        return table;
    }

    public static string Markdown(IEnumerable<SimulationRow> rows) => string.Join(
        '\n',
        rows.Select(row => Line(Cells(row)))
            .Prepend($"|{string.Join('|', _columns.Select(column => column.StartsWith('#') ? "---:" : "---"))}|")
            .Prepend(Line(_columns.Select(column => column.TrimStart('#')))));

    static string Line(IEnumerable<string> cells) => $"| {string.Join(" | ", cells)} |";

    static string[] Cells(SimulationRow row) =>
    [
        Number(row.Shards, "0"), Demand(row), Thousands(row.SaturatesAt), Number(row.Gain, "0.0"),
        Number(row.P50, "0"), Number(row.P99, "0"), Percent(row.BusiestShard), Percent(row.AverageShard),
    ];

    static string Demand(SimulationRow row) => row.LargestSplit > 1 ? $"{row.Demand} (up to {row.LargestSplit})" : row.Demand;

    // Three digits are as exact as the model is.
    static string Thousands(double value)
    {
        var unit = Math.Pow(10, Math.Max(0, Math.Floor(Math.Log10(value)) - 2));
        return Number(Math.Round(value / unit) * unit, "#,0");
    }

    // The format P would put a blank before the sign.
    static string Percent(double share) => Number(share * 100, share < 0.01 ? "0.0" : "0") + " %";

    static string Number(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}

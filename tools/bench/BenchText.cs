using Shop.Launcher.Output;
using static System.FormattableString;

namespace Shop.Bench;

/// <summary>What people read of a bench.</summary>
public static class BenchText
{
    const string OfInterest = "shop";
    const double QuietLoadMax = 1;

    /// <summary>The titles of the table; one of numbers begins with '#'.</summary>
    public static string[] Titles(BenchOptions options) =>
        ["load", "measure", $"#{Comparison.ReferenceOf(options)}", .. Others(options).Select(peer => $"#{peer}")];

    /// <summary>The rows of the table. A ratio has no unit; a figure that has nothing to be compared with follows on '='.</summary>
    public static IEnumerable<string[]> Rows(BenchResult result)
    {
        var last = "";
        foreach (var row in result.Compared)
        {
            yield return
            [
                row.Level == last ? "" : row.Level,
                row.Measure,
                row.Reference is { } reference ? $"{Number(reference.Median)} {row.Unit}".TrimEnd() : "–",
                .. Others(result.Options).Select(peer => Cell(row.Others[peer], row.AreRatios)),
            ];
            last = row.Level;
        }
    }

    /// <summary>How the table is to be read.</summary>
    public static string Heading(BenchResult result) =>
        $"{Comparison.ReferenceOf(result.Options)} = 1; the others are ratios to it: the median of "
        + $"{Words.Count(result.Options.Rounds, "round")} (least–most). = is a figure, not a ratio.";

    /// <summary>Where it was measured, and whether the figures are worth anything.</summary>
    public static string Machine(BenchResult result) =>
        Invariant($"{Words.Count(result.Cores, "core")}, load average {result.LoadBefore:0.0} before the start")
        + (result.LoadBefore > QuietLoadMax ? ": busy, so measure again when it is quiet" : "");

    /// <summary>The first seconds after a start, by system.</summary>
    public static string Starts(BenchResult result) =>
        Invariant($"first {result.Options.WarmUpSeconds} s after a start ÷ warm: ") + string.Join(
            ", ",
            result.Starts.GroupBy(start => start.Peer).Select(starts =>
                $"{starts.Key} {Cell(Spread.Of(starts.Where(start => start.Warm > 0).Select(start => start.First / start.Warm)), true)}"));

    /// <summary>One measurement in a line, while it goes on.</summary>
    public static string Progress(Measurement measured, int rounds) => Invariant(
        $"round {measured.Round} of {rounds}  {measured.Peer}  {measured.Level}: {measured.Load.CompletedPerSecond}/s, ")
        + Invariant($"{measured.CpuPerOrder:0.00} ms of CPU per order (")
        + string.Join(", ", measured.Load.CpuPerOrder.OrderByDescending(process => process.Value).Take(5)
            .Select(process => Invariant($"{process.Key} {process.Value:0.00}"))) + ")";

    /// <summary>What to try next: the level at which Shop compares worst, and who uses the processor there.</summary>
    /// <returns>Null if Shop was not measured, or with nothing beside it.</returns>
    public static string? Next(BenchResult result)
    {
        var worst = result.Compared
            .Where(row => row is { Measure: "CPU per order", AreRatios: true } && row.Others.GetValueOrDefault(OfInterest) is not null)
            .MaxBy(row => row.Others[OfInterest]!.Median);
        if (worst is null)
        {
            return null;
        }

        var processes = result.Measurements.Where(measured => measured.Peer == OfInterest && measured.Level == worst.Level)
            .SelectMany(measured => measured.Load.CpuPerOrder).GroupBy(process => process.Key, process => process.Value)
            .ToDictionary(process => process.Key, process => process.Sum());
        var (name, most) = processes.MaxBy(process => process.Value);
        var rate = worst.Level.Replace("/s", "", StringComparison.Ordinal);
        return Invariant($"at \"{worst.Level}\" {name} is {100 * most / processes.Values.Sum():0} % of the shop's CPU: ")
            + $"./shop bench --only {Comparison.ReferenceOf(result.Options)},{OfInterest} --rates {rate} after a change of it";
    }

    static IEnumerable<string> Others(BenchOptions options) => options.Peers.Where(peer => peer != Comparison.ReferenceOf(options));

    static string Cell(Spread? value, bool areRatios) => value switch
    {
        null => "–",
        _ when !areRatios => $"={Number(value.Median)}",
        { Least: var least, Most: var most } when least == most => Number(value.Median),
        _ => $"{Number(value.Median)} ({Number(value.Least)}–{Number(value.Most)})",
    };

    // Three digits say all that a measurement knows.
    static string Number(double value) => value switch
    {
        >= 100 => Invariant($"{value:0}"),
        >= 10 => Invariant($"{value:0.0}"),
        _ => Invariant($"{value:0.00}"),
    };
}

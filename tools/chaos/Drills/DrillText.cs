using static System.FormattableString;
using static Shop.Launcher.Output.Words;

namespace Shop.Chaos.Drills;

/// <summary>A drill's report as lines for people.</summary>
public static class DrillText
{
    const int ShownMax = 20;

    public static IEnumerable<string> Of(DrillReport report)
    {
        if (report.Skipped is { } why)
        {
            return [$"  – SKIPPED: {why}"];
        }

        var orders = report.Orders;
        var lines = new List<string>
        {
            $"  {(report.Ok ? '✔' : '✘')} {Count(orders.Accepted, "order")} accepted, {orders.Confirmed} confirmed, {orders.Cancelled.Values.Sum()} cancelled{Reasons(orders.Cancelled)}",
            $"    {Count(report.Faults.Count, "fault")}{(report.Recovery is { } recovery ? Invariant($"; a new order confirmed at most {recovery:0.0} s after one") : "")}",
            $"    {Count(report.FailedRequests.Values.Sum(), "request")} repeated{Reasons(report.FailedRequests)}; "
                + Invariant($"longest wait for a 202: {report.LongestUnavailability:0.0} s"),
            $"    {Count(report.InvariantsChecked, "invariant")} checked, {Count(report.Failures.Count, "failure")}",
        };
        if (report.Machine is { } machine)
        {
            lines.Add($"    machine: {machine}");
        }

        lines.AddRange(report.Failures.Take(ShownMax).Select(failure => $"      {failure.ReplaceLineEndings(" ")}"));
        if (report.Failures.Count > ShownMax)
        {
            lines.Add($"      … and {report.Failures.Count - ShownMax} more (--json lists all)");
        }

        return lines;
    }

    public static string Sum(IReadOnlyList<DrillReport> reports)
    {
        var failed = reports.Where(report => !report.Ok).Select(report => report.Drill).ToArray();
        var run = reports.Count(report => report.Skipped is null);
        return $"{Count(run, "drill")}, {reports.Count - run} skipped, "
            + $"{Count(reports.Sum(report => report.Faults.Count), "fault")}, "
            + $"{Count(reports.Sum(report => report.Orders.Accepted), "order")}: "
            + (failed is [] ? "no promise was broken." : $"FAILED: {string.Join(", ", failed)}. The same seed repeats it.");
    }

    static string Reasons(IReadOnlyDictionary<string, int> counts) => counts.Count == 0
        ? ""
        : $" ({string.Join(", ", counts.OrderByDescending(reason => reason.Value).Select(reason => $"{reason.Value} {reason.Key}"))})";
}

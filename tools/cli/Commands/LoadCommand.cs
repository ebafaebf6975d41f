using System.CommandLine;
using Shop.Chaos.Load;
using Shop.Cli.Output;
using Shop.Launcher;
using Shop.Launcher.Output;
using static System.FormattableString;

namespace Shop.Cli.Commands;

/// <summary>./shop load: many orders, and what they cost.</summary>
static class LoadCommand
{
    public static Command Command(Checkout checkout)
    {
        var rate = Values.Number(
            "--rate", "Orders per second, whatever the answers take (default: as fast as they are answered)", 0.1, 10_000);
        var seconds = Values.Number("--seconds", "For how long", 10, 1, 86_400);
        var concurrency = Values.Number("--concurrency", "Connections, where there is no rate", 32, 1, 10_000);
        var payment = Values.Name("--payment", "The payment token of every order", "tok_visa");
        var untraced = new Option<bool>("--untraced") { Description = "Ask not to be traced; the difference is what tracing costs" };
        var json = new Option<bool>("--json") { Description = "As JSON" };
        var command = new Command("load", "Places many orders and measures what they take")
        {
            rate, seconds, concurrency, payment, untraced, json,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            var options = new LoadOptions(
                parsed.GetValue(rate),
                parsed.GetValue(seconds),
                parsed.GetValue(concurrency),
                parsed.GetRequiredValue(payment),
                IsTraced: !parsed.GetValue(untraced));
            var result = await new LoadRun(checkout, options).Run(
                (second, sent, accepted) => Print.Note($"{second,4} s  {sent} sent  {accepted} accepted"),
                cancellation);
            if (parsed.GetValue(json))
            {
                Print.Json(result);
            }
            else
            {
                Show(result);
            }

            return result.Ok ? 0 : 1;
        });
        return command;
    }

    static void Show(LoadResult result)
    {
        Print.Line(Invariant(
            $"{result.Sent} sent, {result.Accepted} accepted ({result.AcceptedPerSecond}/s), {result.CompletedPerSecond} completed/s"));
        Print.Line($"outcomes: {Join(result.Outcomes)}{(result.Refused.Count > 0 ? $"; refused: {Join(result.Refused)}" : "")}");
        if (result.MissingOrders > 0)
        {
            Print.Line(Print.Red($"{Words.Count(result.MissingOrders, "ORDER WAS", "ORDERS WERE")} ACCEPTED AND NOT FOUND AFTERWARDS"));
        }

        if (result.Unexplained.Count > 0)
        {
            Print.Line(Print.Red($"ENDED WITHOUT A REASON: {Join(result.Unexplained)}"));
        }

        if (result.UnexplainedDuplicates > 0)
        {
            var unexplained = Words.Count(result.UnexplainedDuplicates, "message");
            Print.Line(Print.Red($"DROPPED AS DUPLICATES WITHOUT A SECOND DELIVERY: {unexplained}"));
        }

        Print.Line();
        var times = new TextTable("milliseconds", "#p50", "#p90", "#p99", "#max");
        AddTimes(times, "to 202", result.Acceptance);
        AddTimes(times, "to the end", result.Completion);
        Print.Table(times);
        Print.Line();
        PrintCpu(result.CpuPerOrder);
        Print.Line(Invariant(
            $"{result.TransactionsPerOrder} transactions and {result.RowsWrittenPerOrder} written rows per order, all databases together"));
        Print.Note("Next: ./shop audit");
    }

    // The list is empty where the processes are not this launcher's, as in containers.
    static void PrintCpu(IReadOnlyDictionary<string, double> millisecondsPerOrder)
    {
        if (millisecondsPerOrder.Count == 0)
        {
            return;
        }

        var cpu = new TextTable("process", "#CPU ms per order");
        foreach (var (process, milliseconds) in millisecondsPerOrder)
        {
            cpu.Add(process, Invariant($"{milliseconds:0.000}"));
        }

        cpu.Add("all", Invariant($"{millisecondsPerOrder.Values.Sum():0.000}"));
        Print.Table(cpu);
        Print.Line();
    }

    static void AddTimes(TextTable table, string name, Percentiles? times)
    {
        if (times is not null)
        {
            table.Add(name, Invariant($"{times.P50}"), Invariant($"{times.P90}"), Invariant($"{times.P99}"), Invariant($"{times.Max}"));
        }
    }

    static string Join(IReadOnlyDictionary<string, int> counts) => counts.Count == 0
        ? "none"
        : string.Join(", ", counts.OrderByDescending(count => count.Value).Select(count => $"{count.Value} {count.Key}"));
}

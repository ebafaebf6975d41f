using System.CommandLine;
using System.Text.Json;
using Spectre.Console;

namespace Shop.Cli.Load;

/// <summary>./shop load: many orders, and what they cost.</summary>
static class LoadCommand
{
    static readonly JsonSerializerOptions _format = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    public static Command Command(Checkout checkout)
    {
        var rate = new Option<double?>("--rate") { Description = "Orders per second, whatever the answers take (default: as fast as they are answered)" };
        var seconds = new Option<int>("--seconds") { Description = "For how long", DefaultValueFactory = _ => 10 };
        var concurrency = new Option<int>("--concurrency") { Description = "Connections, where there is no rate", DefaultValueFactory = _ => 32 };
        var payment = new Option<string>("--payment") { Description = "The payment token of every order", DefaultValueFactory = _ => "tok_visa" };
        var untraced = new Option<bool>("--untraced") { Description = "Ask not to be traced; the difference is what tracing costs" };
        var json = new Option<bool>("--json") { Description = "As JSON" };
        RequireAtLeast(rate, 0.1);
        RequireAtLeast(seconds, 1);
        RequireAtLeast(concurrency, 1);
        var command = new Command("load", "Places many orders and measures what they take") { rate, seconds, concurrency, payment, untraced, json };
        command.SetAction(async (parsed, cancellation) =>
        {
            var options = new LoadOptions(
                parsed.GetValue(rate),
                parsed.GetValue(seconds),
                parsed.GetValue(concurrency),
                parsed.GetRequiredValue(payment),
                IsTraced: !parsed.GetValue(untraced));
            var result = await new LoadRun(checkout, options).Run(
                (second, sent, accepted) => Terminal.Error.MarkupLineInterpolated($"{second,4} s  {sent} sent  {accepted} accepted"),
                cancellation);
            if (parsed.GetValue(json))
            {
                Terminal.Line(JsonSerializer.Serialize(result, _format));
            }
            else
            {
                Show(result);
            }

            return result is { Accepted: > 0, MissingOrders: 0 } ? 0 : 1;
        });
        return command;
    }

    static void RequireAtLeast<T>(Option<T> option, double least) => option.Validators.Add(parsed =>
    {
        if (Convert.ToDouble(parsed.GetValueOrDefault<T>() ?? (object)least, System.Globalization.CultureInfo.InvariantCulture) < least)
        {
            parsed.AddError($"{option.Name} must be at least {least}.");
        }
    });

    static void Show(LoadResult result)
    {
        Terminal.Line();
        Terminal.Line($"{result.Sent} sent, {result.Accepted} accepted ({result.AcceptedPerSecond}/s), {result.CompletedPerSecond} completed/s");
        Terminal.Line($"outcomes: {Join(result.Outcomes)}{(result.Refused.Count > 0 ? $"; refused: {Join(result.Refused)}" : "")}");
        if (result.MissingOrders > 0)
        {
            Terminal.Line($"{result.MissingOrders} ORDERS WERE ACCEPTED AND ARE NOT THERE");
        }

        var times = new Table().Border(TableBorder.Simple).AddColumns("milliseconds", "p50", "p90", "p99", "max");
        AddTimes(times, "to 202", result.Acceptance);
        AddTimes(times, "to the end", result.Completion);
        Terminal.Out.Write(times);
        var cpu = new Table().Border(TableBorder.Simple).AddColumns("process", "CPU ms per order");
        foreach (var (process, milliseconds) in result.CpuPerOrder)
        {
            cpu.AddRow(Markup.Escape(process), $"{milliseconds:0.000}");
        }

        cpu.AddRow("all", $"{result.CpuPerOrder.Values.Sum():0.000}");
        Terminal.Out.Write(cpu);
        Terminal.Line($"{result.TransactionsPerOrder} transactions and {result.RowsWrittenPerOrder} written rows per order, all databases together");
        Terminal.Line("Next: ./shop audit");
    }

    static void AddTimes(Table table, string name, Percentiles? times)
    {
        if (times is not null)
        {
            table.AddRow(name, $"{times.P50}", $"{times.P90}", $"{times.P99}", $"{times.Max}");
        }
    }

    static string Join(IReadOnlyDictionary<string, int> counts) =>
        string.Join(", ", counts.OrderByDescending(count => count.Value).Select(count => $"{count.Value} {count.Key}"));
}

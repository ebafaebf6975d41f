using System.CommandLine;
using System.Text.Json;
using Shop.Cli.Drills.Stages;
using Shop.Cli.Running;
using Shop.Cli.Servers;
using Spectre.Console;

namespace Shop.Cli.Drills;

/// <summary>./shop drill: things go wrong under load, and the audit tells whether a promise was broken.</summary>
static class DrillCommand
{
    const string Every = "all";
    const string OneOfEachKind = "short";
    const int OrdersPerDrill = 400;
    const int ShownMax = 20;
    static readonly JsonSerializerOptions _format = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    public static Command Command(Checkout checkout)
    {
        var names = new Argument<string[]>("name")
        {
            Description = $"Which drills, or {Every}, or {OneOfEachKind}; ./shop drill --list shows them", Arity = ArgumentArity.ZeroOrMore,
        };
        var list = new Option<bool>("--list") { Description = "Show all drills" };
        var orders = new Option<int?>("--orders") { Description = $"Orders in all, shared out among the drills; {OrdersPerDrill} for each if not given" };
        var rate = new Option<double>("--rate") { Description = "Orders per second", DefaultValueFactory = _ => 20 };
        var seed = new Option<int>("--seed") { Description = "The same seed gives the same orders and the same faults", DefaultValueFactory = _ => 1 };
        var json = new Option<bool>("--json") { Description = "As JSON" };
        RequireAtLeast(orders, 1);
        RequireAtLeast(rate, 0.1);
        var command = new Command("drill", "Breaks things under load, waits for quiet, and audits") { names, list, orders, rate, seed, json };
        command.SetAction(async (parsed, cancellation) =>
        {
            if (parsed.GetValue(list) || parsed.GetRequiredValue(names) is [])
            {
                List();
                return 0;
            }

            var drills = Choose(parsed.GetRequiredValue(names));
            // Rounded up: at least as many as were asked for.
            var perDrill = parsed.GetValue(orders) is { } all ? (all + drills.Count - 1) / drills.Count : OrdersPerDrill;
            var options = new DrillOptions(perDrill, parsed.GetValue(rate), parsed.GetValue(seed));
            var reports = await Run(checkout, drills, options, report => Show(report, parsed.GetValue(json)), cancellation);
            var ok = reports.All(report => report.Ok);
            if (parsed.GetValue(json))
            {
                Terminal.Line(JsonSerializer.Serialize(new { ok, options.Seed, drills = reports }, _format));
            }
            else
            {
                Sum(reports);
            }

            return ok ? 0 : 1;
        });
        return command;
    }

    static async Task<IReadOnlyList<DrillReport>> Run(
        Checkout checkout, IReadOnlyList<Drill> drills, DrillOptions options, Action<DrillReport> onReport, CancellationToken cancellation)
    {
        var steps = new Steps(Terminal.Error);
        await DebianPackages.AddMissing(DebianPackages.Servers, steps, cancellation);
        await using var system = await DrillSystem.Beside(checkout);
        using var only = await system.Checkout.State.Lock(() => steps.Note("waiting for another ./shop drill to finish"), cancellation);
        var reports = new List<DrillReport>();
        foreach (var drill in drills)
        {
            Terminal.Error.MarkupLineInterpolated($"[bold]{drill.Name}[/]: {drill.Title}");
            reports.Add(await Run(system, drill, options, steps, cancellation));
            onReport(reports[^1]);
        }

        return reports;
    }

    // What a drill cannot cope with is a finding too. The next one starts with an empty system.
    static async Task<DrillReport> Run(DrillSystem system, Drill drill, DrillOptions options, Steps steps, CancellationToken cancellation)
    {
        if (drill.Stage.Missing is { } missing)
        {
            return DrillReport.Skip(drill.Name, options.Seed, missing);
        }

        try
        {
            if (drill.Stage != Stage.Plain)
            {
                await system.Wipe();
                await steps.Run("stage", () => drill.Stage.Set(system, cancellation), "the stage is set");
            }

            var report = await new DrillRun(system, drill, options, steps).Run(cancellation);
            if (drill.Stage != Stage.Plain)
            {
                await system.Wipe();
            }

            return report;
        }
        catch (Exception error) when (!cancellation.IsCancellationRequested)
        {
            await system.Wipe();
            return DrillReport.Unfinished(drill.Name, options.Seed, error.Message);
        }
    }

    static IReadOnlyList<Drill> Choose(string[] names) =>
        names.Contains(Every) ? DrillCatalogue.All : [.. names.SelectMany(name => name == OneOfEachKind ? DrillCatalogue.OneOfEachKind :
        [
            DrillCatalogue.All.FirstOrDefault(drill => drill.Name == name)
            ?? throw new UserError($"There is no drill \"{name}\". ./shop drill --list shows them."),
        ])];

    static void List()
    {
        var table = new Table().Border(TableBorder.None).HideHeaders().AddColumns(new TableColumn("").NoWrap(), new TableColumn(""));
        foreach (var drill in DrillCatalogue.All)
        {
            table.AddRow(Markup.Escape(drill.Name), Markup.Escape(drill.Title));
        }

        Terminal.Out.Write(table);
        Terminal.Line($"{Every}: all of them, one after the other. {OneOfEachKind}: one of each kind. Next: ./shop drill {DrillCatalogue.All[0].Name}");
    }

    public static void Show(DrillReport report, bool quiet)
    {
        var console = quiet ? Terminal.Error : Terminal.Out;
        if (report.Skipped is not null)
        {
            console.MarkupLineInterpolated($"  [yellow]–[/] SKIPPED: {report.Skipped}");
            return;
        }

        var (mark, orders) = (report.Ok ? "[green]✔[/]" : "[red]✘[/]", report.Orders);
        var lines = new FormattableString[]
        {
            $"{orders.Accepted} orders accepted, {orders.Confirmed} confirmed, {orders.Cancelled.Values.Sum()} cancelled{Reasons(orders.Cancelled)}",
            $"{Count(report.Faults.Count, "fault")}; a new order confirmed at most {report.Recovery:0.0} s after one",
            $"{report.FailedRequests.Values.Sum()} requests repeated{Reasons(report.FailedRequests)}; longest wait for a 202: {report.LongestUnavailability:0.0} s",
            $"{report.InvariantsChecked} invariants checked, {report.Failures.Count} failures",
        };
        console.Write(new Padder(new Markup($"{mark} {string.Join("\n  ", lines.Select(FormattableString.Invariant))}"), new(2, 0, 0, 0)));
        foreach (var failure in report.Failures.Take(ShownMax))
        {
            console.MarkupLineInterpolated($"      {failure}");
        }

        if (report.Failures.Count > ShownMax)
        {
            console.MarkupLineInterpolated($"      … and {report.Failures.Count - ShownMax} more (--json lists all)");
        }
    }

    static string Reasons(IReadOnlyDictionary<string, int> counts) => counts.Count == 0
        ? ""
        : $" ({string.Join(", ", counts.OrderByDescending(reason => reason.Value).Select(reason => $"{reason.Value} {reason.Key}"))})";

    static string Count(int number, string what) => number == 1 ? $"1 {what}" : $"{number} {what}s";

    static void Sum(IReadOnlyList<DrillReport> reports)
    {
        var failed = reports.Where(report => !report.Ok).Select(report => report.Drill).ToArray();
        Terminal.Line(
            $"{reports.Count(report => report.Skipped is null)} drills, {reports.Count(report => report.Skipped is not null)} skipped, {reports.Sum(report => report.Faults.Count)} faults, {reports.Sum(report => report.Orders.Accepted)} orders: "
            + (failed is [] ? "no promise was broken." : $"FAILED: {string.Join(", ", failed)}. The same seed repeats it."));
    }

    static void RequireAtLeast<T>(Option<T> option, double least) => option.Validators.Add(parsed =>
    {
        if (parsed.GetValueOrDefault<T>() is { } value && Convert.ToDouble(value, System.Globalization.CultureInfo.InvariantCulture) < least)
        {
            parsed.AddError($"{option.Name} must be at least {least}.");
        }
    });
}

using System.CommandLine;
using Shop.Chaos.Drills;
using Shop.Chaos.Drills.Stages;
using Shop.Cli.Output;
using Shop.Launcher;
using Shop.Launcher.Running;
using Shop.Launcher.Servers;

namespace Shop.Cli.Commands;

/// <summary>./shop drill: things go wrong under load, and the audit tells whether a promise was broken.</summary>
static class DrillCommand
{
    const string Every = "all";
    const string OneOfEachKind = "short";
    const int OrdersPerDrill = 400;

    public static Command Command(Checkout checkout)
    {
        var names = new Argument<string[]>("name")
        {
            Description = $"Which drills, or {Every}, or {OneOfEachKind}; ./shop drill --list shows them", Arity = ArgumentArity.ZeroOrMore,
        };
        var list = new Option<bool>("--list") { Description = "Show all drills" };
        var orders = Values.Number(
            "--orders", $"Orders in all, shared out among the drills; {OrdersPerDrill} for each if not given", 1, 1_000_000);
        var rate = Values.Number("--rate", "Orders per second", 20, 0.1, 10_000);
        var seed = Values.Number("--seed", "The same seed gives the same orders and the same faults", 1, int.MinValue, int.MaxValue);
        var replicas = new Option<string?>("--replicas")
        {
            Description = "How many processes of each service, at least, such as ordering=2, or 2 for all; some drills have two anyway",
            HelpName = "service=number,…",
        };
        var json = new Option<bool>("--json") { Description = "As JSON" };
        var command = new Command("drill", "Breaks things under load, waits until the system is idle, and audits")
        {
            names, list, orders, rate, seed, replicas, json,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            if (parsed.GetValue(list) || parsed.GetRequiredValue(names) is [])
            {
                List(DrillCatalogue.All.Select(drill => (drill.Name, drill.Title)), parsed.GetValue(json));
                Print.Note(
                    $"{Every}: all of them, one after the other. {OneOfEachKind}: one of each kind. "
                    + $"Next: ./shop drill {DrillCatalogue.All[0].Name}");
                return 0;
            }

            var drills = Choose(parsed.GetRequiredValue(names));
            // The number is rounded up, so that there are at least as many orders as asked for.
            var perDrill = parsed.GetValue(orders) is { } all ? (all + drills.Count - 1) / drills.Count : OrdersPerDrill;
            var options = new DrillOptions(
                perDrill,
                parsed.GetValue(rate),
                parsed.GetValue(seed),
                parsed.GetValue(replicas) is { } text ? Replicas.Parse(text, Replicas.One) : null);
            var reports = await Run(checkout, drills, options, report => Show(report, parsed.GetValue(json)), cancellation);
            var ok = reports.All(report => report.Ok);
            if (parsed.GetValue(json))
            {
                Print.Json(new { ok, options.Seed, drills = reports });
            }
            else
            {
                Print.Line(DrillText.Sum(reports));
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
        await using var system = await ProcessSystem.Beside(checkout);
        using var only = await system.Checkout.State.Lock(() => steps.Note("waiting for another ./shop drill to finish"), cancellation);
        var reports = new List<DrillReport>();
        foreach (var drill in drills)
        {
            Print.Note($"{drill.Name}: {drill.Title}");
            reports.Add(await Run(system, drill, options, steps, cancellation));
            onReport(reports[^1]);
        }

        return reports;
    }

    // An unexpected error is a finding too. The next drill starts with an empty system.
    static async Task<DrillReport> Run(ProcessSystem system, Drill drill, DrillOptions options, Steps steps, CancellationToken cancellation)
    {
        if (drill.Stage.Package is { } package)
        {
            try
            {
                await DebianPackages.AddMissing([package], steps, cancellation);
            }
            catch (UserError error)
            {
                return DrillReport.Skip(drill.Name, options.Seed, error.Message.ReplaceLineEndings(" "));
            }
        }

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

    public static void List(IEnumerable<(string Name, string Title)> drills, bool json)
    {
        if (json)
        {
            Print.Json(drills.Select(drill => new { drill.Name, drill.Title }));
            return;
        }

        var table = new TextTable("drill", "what happens");
        foreach (var (name, title) in drills)
        {
            table.Add(name, title);
        }

        Print.Table(table);
    }

    /// <param name="quiet">Prints to standard error, because the result is JSON.</param>
    public static void Show(DrillReport report, bool quiet)
    {
        foreach (var line in DrillText.Of(report))
        {
            if (quiet)
            {
                Print.Note(line);
            }
            else
            {
                Print.Line(line
                    .Replace("  ✔", $"  {Print.Green("✔")}", StringComparison.Ordinal)
                    .Replace("  ✘", $"  {Print.Red("✘")}", StringComparison.Ordinal));
            }
        }
    }
}

using System.CommandLine;
using System.Text.Json;
using Shop.Cli.Drills;
using Shop.Cli.Running;
using Spectre.Console;

namespace Shop.Cli.Compose;

/// <summary>./shop --target compose drill: containers die and networks are cut under load, and the audit tells.</summary>
static class ComposeDrillCommand
{
    const string Every = "all";
    static readonly JsonSerializerOptions _format = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    public static Command Command(ComposeSystem system)
    {
        var names = new Argument<string[]>("name")
        {
            Description = $"{string.Join(", ", ComposeDrill.All.Select(drill => drill.Name))} or {Every}", Arity = ArgumentArity.ZeroOrMore,
        };
        var list = new Option<bool>("--list") { Description = "Show all drills" };
        var orders = new Option<int>("--orders") { Description = "Orders per drill", DefaultValueFactory = _ => 400 };
        var rate = new Option<double>("--rate") { Description = "Orders per second", DefaultValueFactory = _ => 10 };
        var seed = new Option<int>("--seed") { Description = "The same seed gives the same orders and the same faults", DefaultValueFactory = _ => 1 };
        var json = new Option<bool>("--json") { Description = "As JSON" };
        var command = new Command("drill", "Breaks the running system under load, waits for quiet, and audits") { names, list, orders, rate, seed, json };
        command.SetAction(async (parsed, cancellation) =>
        {
            if (parsed.GetValue(list) || parsed.GetRequiredValue(names) is [])
            {
                foreach (var drill in ComposeDrill.All)
                {
                    Terminal.Line($"{drill.Name,-6}{drill.Title}");
                }

                return 0;
            }

            system.MustHaveSecrets();
            var options = new DrillOptions(parsed.GetValue(orders), parsed.GetValue(rate), parsed.GetValue(seed));
            var steps = new Steps(Terminal.Error);
            var reports = new List<DrillReport>();
            foreach (var drill in Choose(parsed.GetRequiredValue(names)))
            {
                Terminal.Error.MarkupLineInterpolated($"[bold]{drill.Name}[/]: {drill.Title}");
                reports.Add(await drill.Run(system, options, steps, cancellation));
                DrillCommand.Show(reports[^1], parsed.GetValue(json));
            }

            var ok = reports.All(report => report.Ok);
            if (parsed.GetValue(json))
            {
                Terminal.Line(JsonSerializer.Serialize(new { ok, options.Seed, drills = reports }, _format));
            }

            return ok ? 0 : 1;
        });
        return command;
    }

    static IEnumerable<ComposeDrill> Choose(string[] names) => names.Contains(Every) ? ComposeDrill.All : names.Select(name =>
        ComposeDrill.All.FirstOrDefault(drill => drill.Name == name)
        ?? throw new UserError($"There is no drill \"{name}\". ./shop --target compose drill --list shows them."));
}

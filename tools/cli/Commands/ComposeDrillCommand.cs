using System.CommandLine;
using Shop.Chaos.Compose;
using Shop.Chaos.Drills;
using Shop.Cli.Output;
using Shop.Launcher;
using Shop.Launcher.Compose;
using Shop.Launcher.Running;

namespace Shop.Cli.Commands;

/// <summary>./shop --target compose drill: containers die and networks are cut under load, and the audit tells.</summary>
static class ComposeDrillCommand
{
    const string Every = "all";

    public static Command Command(ComposeSystem system)
    {
        var names = new Argument<string[]>("name")
        {
            Description = $"{string.Join(", ", ContainerDrills.All.Select(drill => drill.Name))} or {Every}",
            Arity = ArgumentArity.ZeroOrMore,
        };
        var list = new Option<bool>("--list") { Description = "Show all drills" };
        var orders = Values.Number("--orders", "Orders per drill", 400, 1, 1_000_000);
        var rate = Values.Number("--rate", "Orders per second", 10, 0.1, 10_000);
        var seed = Values.Number("--seed", "The same seed gives the same orders and the same faults", 1, int.MinValue, int.MaxValue);
        var json = new Option<bool>("--json") { Description = "As JSON" };
        var command = new Command("drill", "Breaks the running system under load, waits until it is idle, and audits")
        {
            names, list, orders, rate, seed, json,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            if (parsed.GetValue(list) || parsed.GetRequiredValue(names) is [])
            {
                DrillCommand.List(ContainerDrills.All.Select(drill => (drill.Name, drill.Title)), parsed.GetValue(json));
                return 0;
            }

            system.MustHaveSecrets();
            var options = new DrillOptions(parsed.GetValue(orders), parsed.GetValue(rate), parsed.GetValue(seed));
            var steps = new Steps(Terminal.Error);
            var reports = new List<DrillReport>();
            foreach (var drill in Choose(parsed.GetRequiredValue(names)))
            {
                Print.Note($"{drill.Name}: {drill.Title}");
                reports.Add(await new DrillRun(new ContainerSystem(system), drill, options, steps).Run(cancellation));
                DrillCommand.Show(reports[^1], parsed.GetValue(json));
            }

            var ok = reports.All(report => report.Ok);
            if (parsed.GetValue(json))
            {
                Print.Json(new { ok, options.Seed, drills = reports });
            }

            return ok ? 0 : 1;
        });
        return command;
    }

    static IEnumerable<Drill> Choose(string[] names) => names.Contains(Every) ? ContainerDrills.All : names.Select(name =>
        ContainerDrills.All.FirstOrDefault(drill => drill.Name == name)
        ?? throw new UserError($"There is no drill \"{name}\". ./shop --target compose drill --list shows them."));
}

using System.CommandLine;
using System.Globalization;
using Shop.Cli.Output;
using Shop.Launcher;
using Shop.Simulation;

namespace Shop.Cli.Commands;

/// <summary>./shop simulate: what Shop would do on many shards.</summary>
static class SimulateCommand
{
    const int ShardsMax = 1000;

    public static Command Command()
    {
        var defaults = SimulationOptions.Default;
        var shards = new Option<string>("--shards")
        {
            Description = "How many shards, as a list",
            DefaultValueFactory = _ => string.Join(',', defaults.Shards),
        };
        var hot = Values.Number("--hot", "The share of all orders that want the one product on sale", defaults.Hot, 0, 0.9);
        var seed = Values.Number("--seed", "The same seed gives the same numbers", defaults.Seed, 0UL, ulong.MaxValue);
        var markdown = new Option<bool>("--markdown") { Description = "As a table in Markdown" };
        var json = new Option<bool>("--json") { Description = "As JSON" };
        var command = new Command("simulate", "Simulates the shop on 1 to 1,000 shards, from its measured costs")
        {
            shards, hot, seed, markdown, json,
        };
        command.SetAction(parsed =>
        {
            var options = new SimulationOptions(Parse(parsed.GetRequiredValue(shards)), parsed.GetValue(hot), parsed.GetValue(seed));
            var rows = Sweep.Run(options);
            if (parsed.GetValue(json))
            {
                Print.Json(rows);
            }
            else if (parsed.GetValue(markdown))
            {
                Terminal.Line(SimulationTable.Markdown(rows));
            }
            else
            {
                Print.Table(SimulationTable.Text(rows));
                Print.Note("");
                Print.Note(SimulationTable.Legend);
            }

            return 0;
        });
        return command;
    }

    static int[] Parse(string text) =>
    [
        .. text.Split(',', StringSplitOptions.TrimEntries).Select(part =>
            int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number is >= 1 and <= ShardsMax
                ? number
                : throw new UserError($"--shards: \"{part}\" is not a number from 1 to {ShardsMax}.")),
    ];
}

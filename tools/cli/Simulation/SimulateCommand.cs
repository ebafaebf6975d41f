using System.CommandLine;
using System.Globalization;
using System.Text.Json;

namespace Shop.Cli.Simulation;

/// <summary>./shop simulate: what Shop would do on many shards.</summary>
static class SimulateCommand
{
    const int ShardsMax = 1000;

    static readonly JsonSerializerOptions _format = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    public static Command Command()
    {
        var shards = new Option<string>("--shards") { Description = "How many shards, as a list", DefaultValueFactory = _ => string.Join(',', SimulationOptions.Default.Shards) };
        var hot = new Option<double>("--hot") { Description = "The share of all orders that want the one product on sale", DefaultValueFactory = _ => SimulationOptions.Default.Hot };
        var seed = new Option<ulong>("--seed") { Description = "The same seed gives the same numbers", DefaultValueFactory = _ => SimulationOptions.Default.Seed };
        var json = new Option<bool>("--json") { Description = "As JSON" };
        hot.Validators.Add(parsed =>
        {
            if (parsed.GetValueOrDefault<double>() is not (>= 0 and <= 0.9))
            {
                parsed.AddError("--hot must be from 0 to 0.9.");
            }
        });
        var command = new Command("simulate", "Simulates the shop on 1 to 1,000 shards, from its measured costs") { shards, hot, seed, json };
        command.SetAction(parsed =>
        {
            var options = new SimulationOptions(Parse(parsed.GetRequiredValue(shards)), parsed.GetValue(hot), parsed.GetValue(seed));
            var rows = Sweep.Run(options);
            Terminal.Line(parsed.GetValue(json) ? JsonSerializer.Serialize(rows, _format) : SimulationTable.Of(rows));
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

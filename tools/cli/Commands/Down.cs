using System.CommandLine;
using Shop.Cli.Output;
using Shop.Launcher;
using Shop.Launcher.Running;

namespace Shop.Cli.Commands;

/// <summary>./shop down: stops what ./shop up started, and nothing else.</summary>
static class Down
{
    public static Command Command(Checkout checkout)
    {
        var wipe = new Option<bool>("--wipe") { Description = "Also delete all data and logs" };
        var command = new Command("down", "Stops everything it started") { wipe };
        command.SetAction(async (parsed, cancellation) =>
        {
            var steps = new Steps(Terminal.Out);
            var stop = new SystemStop(checkout, steps);
            using var only = await checkout.State.Lock(() => steps.Note("waiting for another ./shop command to finish"), cancellation);
            var stopped = false;
            await StillRunning.ReportIfInterrupted(
                checkout.State,
                () => steps.Show(async () => stopped = await stop.Run(parsed.GetValue(wipe), cancellation)),
                cancellation);
            if (parsed.GetValue(wipe))
            {
                stop.Wipe();
            }

            var data = parsed.GetValue(wipe) ? "Its data and logs are deleted." : "Its data stays for the next ./shop up.";
            Print.Line($"{(stopped ? "Shop is down." : "Nothing was running.")} {data}");
            return 0;
        });
        return command;
    }
}

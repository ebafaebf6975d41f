using System.CommandLine;
using Shop.Launcher;
using Shop.Launcher.Running;

namespace Shop.Cli.Commands;

/// <summary>./shop restart: one process or all replicas of a service, with what was built. The others stay as they are.</summary>
static class Restart
{
    public static Command Command(Checkout checkout)
    {
        var name = Values.Processes();
        var command = new Command("restart", "Stops one service and starts it with what was built") { name };
        command.SetAction(async (parsed, cancellation) =>
        {
            var steps = new Steps(Terminal.Out);
            using var only = await checkout.State.Lock(() => steps.Note("waiting for another ./shop command to finish"), cancellation);
            var plan = SystemPlan.Of(checkout.State);
            var processes = new ShopPrograms(checkout).Find(parsed.GetRequiredValue(name), plan.Replicas);
            // Processes that were left to a debugger belong to the launcher again.
            plan = plan with { Without = [.. plan.Without.Except(processes.Select(process => process.Name))] };
            await StillRunning.ReportIfInterrupted(
                checkout.State,
                () => steps.Show(() => new SystemStart(checkout, steps).Restart(processes, plan, cancellation)),
                cancellation);
            return 0;
        });
        return command;
    }
}

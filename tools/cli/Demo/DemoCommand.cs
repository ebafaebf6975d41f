using System.CommandLine;
using Shop.Cli.Commands;
using Shop.Cli.Output;
using Shop.Launcher;

namespace Shop.Cli.Demo;

/// <summary>./shop demo: starts everything and shows, in a minute or two, what it is good for.</summary>
static class DemoCommand
{
    static readonly TimeSpan _auditTimeLimit = TimeSpan.FromSeconds(90);

    public static Command Command(Checkout checkout)
    {
        var command = new Command("demo", "Starts everything and takes a guided tour: paid, declined, out of stock, cancelled, killed");
        command.SetAction(async (_, cancellation) =>
        {
            var ok = false;
            await StillRunning.ReportIfInterrupted(checkout.State, async () => ok = await Run(checkout, cancellation), cancellation);
            return ok ? 0 : 1;
        });
        return command;
    }

    static async Task<bool> Run(Checkout checkout, CancellationToken cancellation)
    {
        await Up.Everything(checkout, Terminal.Out, cancellation);
        await new Tour(checkout).Run(cancellation);

        Print.Line();
        Print.Line("The audit: do all databases and the payment provider's ledger agree?");
        var result = await AuditCommand.Run(checkout, _auditTimeLimit, cancellation);
        AuditCommand.Show(result);
        Print.Line();
        Print.Line("The system is still up. Next: ./shop order --watch, ./shop load, ./shop status; ./shop down stops it.");
        return result.Ok;
    }
}

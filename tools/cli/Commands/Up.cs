using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Shop.Cli.Running;
using Shop.Cli.Servers;
using Spectre.Console;

namespace Shop.Cli.Commands;

/// <summary>./shop up: from nothing to a system that takes orders.</summary>
static class Up
{
    public static Command Command(Checkout checkout)
    {
        var replicas = new Option<string?>("--replicas")
        {
            Description = $"How many processes of each service, such as ordering=2,payment=2 (1 to {Replicas.Max}; default: as now, or 1)",
            HelpName = "service=number,…",
        };
        var command = new Command("up", "Starts everything in the background and waits until it is ready")
        {
            replicas,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            await Run(checkout, parsed.GetValue(replicas), Terminal.Out, cancellation);
            ShowNextSteps(checkout);
            return 0;
        });
        return command;
    }

    /// <summary>Brings the system up, and says what it did on the given console.</summary>
    public static async Task Run(Checkout checkout, string? replicas, IAnsiConsole console, CancellationToken cancellation)
    {
        var clock = Stopwatch.StartNew();
        var steps = new Steps(console);
        using var only = await checkout.State.Lock(() => steps.Note("waiting for another ./shop command to finish"), cancellation);
        var current = Replicas.Of(checkout.State.Processes.All.Select(process => process.Name));
        var wanted = replicas is null ? current : Replicas.Parse(replicas, current);
        // Before the display: sudo may ask for a password.
        await DebianPackages.AddMissing(DebianPackages.Servers, steps, cancellation);
        var changed = false;
        await steps.Show(async () => changed = await new SystemStart(checkout, steps).Run(wanted, cancellation));
        var seconds = clock.Elapsed.TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture);
        console.WriteLine(changed ? $"Shop is up ({seconds} s)." : "Shop is already up; nothing was changed.");
    }

    static void ShowNextSteps(Checkout checkout)
    {
        var url = $"http://localhost:{checkout.Ports.Gateway}";
        Terminal.Line(
            $$"""

              Gateway       {{url}}
              Traces        {{TracesAt(checkout)}}
              RabbitMQ      http://localhost:{{checkout.Ports.RabbitMq.Management}} (user {{BrokerAccess.Monitor}}, password in {{checkout.State.Secrets.Directory}})
              PostgreSQL    127.0.0.1:{{checkout.Ports.Postgres}}

            A first order:
              curl {{url}}/orders -H "Authorization: Bearer $(./shop token alice)" -H "Content-Type: application/json" \
                -d '{"items":[{"sku":"MUG-01","quantity":2}],"paymentMethod":"tok_visa"}'

            Then: ./shop status, ./shop logs --follow, and ./shop down to stop.
            """);
    }

    static string TracesAt(Checkout checkout) => ShopPrograms.UsersCollector is { } collector
        ? $"go to {collector}"
        : $"http://localhost:{checkout.Ports.TraceViewer.Page}";
}

using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Shop.Cli.Output;
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
        var without = new Option<string[]?>("--without")
        {
            Description = "Leaves a service to a debugger, until ./shop restart or down (default: as now); its settings: ./shop env",
            HelpName = "service",
        };
        var command = new Command("up", "Starts everything in the background and waits until it is ready")
        {
            replicas,
            without,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            var left = parsed.GetResult(without) is null ? null : parsed.GetValue(without);
            await StillRunning.Told(
                checkout.State, () => Run(checkout, parsed.GetValue(replicas), left, Terminal.Out, cancellation), cancellation);
            ShowNextSteps(checkout);
            return 0;
        });
        return command;
    }

    /// <summary>Brings the system up, and says what it did on the given console.</summary>
    /// <param name="replicas">Null for as many as were asked for last.</param>
    /// <param name="without">What somebody else runs; null for as before.</param>
    public static async Task Run(
        Checkout checkout, string? replicas, IReadOnlyList<string>? without, IAnsiConsole console, CancellationToken cancellation)
    {
        var clock = Stopwatch.StartNew();
        var steps = new Steps(console);
        using var only = await checkout.State.Lock(() => steps.Note("waiting for another ./shop command to finish"), cancellation);
        var plan = Plan(checkout, replicas, without);
        plan.Keep(checkout.State);
        foreach (var name in plan.Without)
        {
            steps.Note($"{name} is left to you; its settings: ./shop env {name}");
        }

        // Before the display: sudo may ask for a password.
        await DebianPackages.AddMissing(DebianPackages.Servers, steps, cancellation);
        var changed = false;
        await steps.Show(async () => changed = await new SystemStart(checkout, steps).Run(plan, cancellation));
        var seconds = clock.Elapsed.TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture);
        console.WriteLine(changed ? $"Shop is up ({seconds} s)." : "Shop is already up; nothing was changed.");
    }

    static SystemPlan Plan(Checkout checkout, string? replicas, IReadOnlyList<string>? without)
    {
        var plan = SystemPlan.Of(checkout.State);
        plan = replicas is null ? plan : plan with { Replicas = Replicas.Parse(replicas, plan.Replicas) };
        var programs = new ShopPrograms(checkout);
        return without is null ? plan : plan with
        {
            Without = [.. without.SelectMany(name => programs.Find(name, plan.Replicas)).Select(process => process.Name).Distinct()],
        };
    }

    static void ShowNextSteps(Checkout checkout)
    {
        var url = $"http://localhost:{checkout.Ports.Gateway}";
        Print.Line(
            $$"""

              Gateway       {{url}}
              Traces        {{TracesAt(checkout)}}
              RabbitMQ      http://localhost:{{checkout.Ports.RabbitMq.Management}} (user {{BrokerAccess.Monitor}}, password in {{checkout.State.Secrets.Directory}})
              PostgreSQL    127.0.0.1:{{checkout.Ports.Postgres}}

            A first order:
            """);
        // As it is: to be copied.
        Terminal.Line(
            $$"""
              curl {{url}}/orders \
                -H "Authorization: Bearer $(./shop token alice)" \
                -H "Content-Type: application/json" \
                -d '{"items":[{"sku":"MUG-01","quantity":2}],"paymentMethod":"tok_visa"}'

            """);
        Print.Line("Then: ./shop status, ./shop logs --follow, and ./shop down to stop.");
    }

    static string TracesAt(Checkout checkout) => ShopPrograms.UsersCollector is { } collector
        ? $"go to {collector}"
        : $"http://localhost:{checkout.Ports.TraceViewer.Page}";
}

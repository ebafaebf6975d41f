using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Shop.Cli.Output;
using Shop.Launcher;
using Shop.Launcher.Running;
using Shop.Launcher.Servers;
using Spectre.Console;

namespace Shop.Cli.Commands;

/// <summary>./shop up: from nothing to a system that takes orders.</summary>
static class Up
{
    public static Command Command(Checkout checkout)
    {
        var replicas = new Option<string?>("--replicas")
        {
            Description =
                $"How many processes of each service, such as ordering=2,payment=2, or 2 for all (1 to {Replicas.Max}; default: as now, or 1)",
            HelpName = "service=number,…",
        };
        var without = new Option<string[]?>("--without")
        {
            Description = "Leaves a service to a debugger, until ./shop restart or down (default: as now); its settings: ./shop env",
            HelpName = "service",
        };
        var servers = new Option<bool>("--servers")
        {
            Description = "PostgreSQL and RabbitMQ alone; leaves all programs to you or to apphost, until ./shop restart or down",
        };
        var command = new Command("up", "Starts everything in the background and waits until it is ready")
        {
            replicas,
            without,
            servers,
        };
        command.Validators.Add(parsed =>
        {
            if (parsed.GetValue(servers) && (parsed.GetResult(replicas) ?? parsed.GetResult(without)) is not null)
            {
                parsed.AddError("--servers starts no service: leave out --replicas and --without.");
            }
        });
        command.SetAction(async (parsed, cancellation) =>
        {
            SystemPlan Wanted() => parsed.GetValue(servers)
                ? ServersOnly(checkout)
                : Plan(checkout, parsed.GetValue(replicas), parsed.GetResult(without) is null ? null : parsed.GetValue(without));
            await StillRunning.ReportIfInterrupted(checkout.State, () => Run(checkout, Wanted, Terminal.Out, cancellation), cancellation);
            ShowNextSteps(checkout);
            return 0;
        });
        return command;
    }

    /// <summary>Brings the whole system up, with as many replicas as were asked for last. Its progress goes to the given console.</summary>
    public static Task Everything(Checkout checkout, IAnsiConsole console, CancellationToken cancellation) =>
        Run(checkout, () => Plan(checkout, replicas: null, without: []), console, cancellation);

    /// <param name="read">The plan, read when no other command can change it.</param>
    static async Task Run(Checkout checkout, Func<SystemPlan> read, IAnsiConsole console, CancellationToken cancellation)
    {
        var clock = Stopwatch.StartNew();
        var steps = new Steps(console);
        using var only = await checkout.State.Lock(() => steps.Note("waiting for another ./shop command to finish"), cancellation);
        var plan = read();
        MustKeepItsPorts(checkout.State, plan);
        plan.Keep(checkout.State);
        SettingsFiles.Write(checkout, plan);
        var isServersOnly = IsServersOnly(checkout, plan);
        foreach (var name in isServersOnly ? [] : plan.Without)
        {
            steps.Note($"{name} is left to you; its settings: ./shop env {name}");
        }

        // Packages are installed before the display starts, because sudo may ask for a password.
        await DebianPackages.AddMissing(DebianPackages.Servers, steps, cancellation);
        var changed = false;
        await steps.Show(async () => changed = await new SystemStart(checkout, steps).Run(plan, cancellation));
        var seconds = clock.Elapsed.TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture);
        var what = isServersOnly ? "PostgreSQL and RabbitMQ are" : "Shop is";
        console.WriteLine(changed ? $"{what} up ({seconds} s)." : $"{what} already up; nothing was changed.");
    }

    // With other ports, the launcher would not find the servers that run.
    static void MustKeepItsPorts(StateDirectory state, SystemPlan plan)
    {
        var now = SystemPlan.Of(state).PortOffset;
        if (now != plan.PortOffset && state.Processes.All.Any(record => record.IsAlive))
        {
            throw new UserError(
                $"This system runs with {Ports.Variable}={now}, and not with {plan.PortOffset}. Ports do not change while it runs: ./shop down stops it.");
        }
    }

    /// <param name="replicas">Null for as many as were asked for last.</param>
    /// <param name="without">What somebody else runs; null for as before.</param>
    static SystemPlan Plan(Checkout checkout, string? replicas, IReadOnlyList<string>? without)
    {
        var plan = SystemPlan.Of(checkout.State) with { PortOffset = checkout.Ports.Offset };
        plan = replicas is null ? plan : plan with { Replicas = Replicas.Parse(replicas, plan.Replicas) };
        var programs = new ShopPrograms(checkout);
        return without is null ? plan : plan with
        {
            Without = [.. without.SelectMany(name => programs.Find(name, plan.Replicas)).Select(process => process.Name).Distinct()],
        };
    }

    // The plan leaves out the trace viewer too, also where a collector of the user takes its place today.
    static SystemPlan ServersOnly(Checkout checkout) =>
        new(Replicas.One, [.. NamesOf(checkout, Replicas.One).Append(ShopPrograms.TraceViewer).Distinct()], checkout.Ports.Offset);

    static bool IsServersOnly(Checkout checkout, SystemPlan plan) => !NamesOf(checkout, plan.Replicas).Except(plan.Without).Any();

    static IEnumerable<string> NamesOf(Checkout checkout, IReadOnlyDictionary<string, int> replicas) =>
        new ShopPrograms(checkout).All(replicas).Select(process => process.Name);

    static void ShowNextSteps(Checkout checkout)
    {
        var servers = $"""
              RabbitMQ      http://localhost:{checkout.Ports.RabbitMq.Management} (user {BrokerAccess.Monitor}, password in {checkout.State.Secrets.Directory})
              PostgreSQL    127.0.0.1:{checkout.Ports.Postgres}
            """;
        if (IsServersOnly(checkout, SystemPlan.Of(checkout.State)))
        {
            Print.Line(
                $"""

                {servers}

                Everything else is left to you: dotnet run --project apphost starts it all, dotnet run --project services/ordering one service.
                ./shop restart ordering starts one here; after ./shop down the next ./shop up runs everything.
                """);
            return;
        }

        var url = $"http://localhost:{checkout.Ports.Gateway}";
        Print.Line(
            $"""

              Gateway       {url}
              Traces        {TracesAt(checkout)}
            {servers}

            A first order:
            """);
        // The text is printed as it is, to be copied.
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

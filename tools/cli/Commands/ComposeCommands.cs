using System.CommandLine;
using Shop.Cli.Orders;
using Shop.Cli.Traces;
using Shop.Launcher;
using Shop.Launcher.Compose;
using Shop.Launcher.Running;

namespace Shop.Cli.Commands;

/// <summary>./shop --target compose: the same commands for the system of docker-compose.yml.</summary>
static class ComposeCommands
{
    const string Option = "--target";
    const string Name = "compose";
    const string Here = "local";

    /// <summary>Takes --target from a command line, wherever it stands.</summary>
    /// <returns>Whether it names compose, and what is left.</returns>
    /// <exception cref="UserError">It names an unknown target.</exception>
    public static (bool IsCompose, string[] Arguments) Of(string[] arguments)
    {
        var at = Array.FindIndex(arguments, argument => argument == Option || argument.StartsWith(Option + "=", StringComparison.Ordinal));
        if (at < 0)
        {
            return (false, arguments);
        }

        var isJoined = arguments[at] != Option;
        var target = isJoined ? arguments[at][(Option.Length + 1)..] : arguments.ElementAtOrDefault(at + 1);
        return target is Name or Here
            ? (target == Name, [.. arguments[..at], .. arguments.Skip(at + (isJoined ? 1 : 2))])
            : throw new UserError($"{Option} must be {Here} or {Name}, not \"{target}\".");
    }

    public static Command All(Checkout checkout)
    {
        var system = new ComposeSystem(checkout);
        return new Command("./shop", "With --target compose in front: runs, shows and tests the system of docker-compose.yml.")
        {
            Up(system),
            Down(system),
            Status(system),
            Logs(system),
            WithSecrets(system, OrderCommand.Command),
            WithSecrets(system, OrdersCommand.Command),
            WithSecrets(system, TraceCommand.Command),
            WithSecrets(system, Token.Command),
            WithSecrets(system, DeadLettersCommand.WithoutPractice),
            Inside(system, "audit", "Checks every invariant over all databases, queues and the ledger"),
            Inside(system, "load", "Places orders at a rate, and measures"),
            ComposeDrillCommand.Command(system),
        };
    }

    static Command Up(ComposeSystem system)
    {
        var command = new Command("up", "Builds, starts and waits until everything is healthy");
        command.SetAction(async (_, cancellation) =>
        {
            await system.MakeSecrets(cancellation);
            var result = await system.Show(["up", "--build", "--wait"], cancellation);
            if (result == 0)
            {
                Terminal.Line(
                    $"""

                      Gateway       {system.Checkout.Addresses.Gateway}
                      Traces        {system.Checkout.Addresses.Traces}
                      RabbitMQ      {system.Checkout.Addresses.RabbitMq} (user monitor, password in {system.Checkout.State.Secrets.Directory})

                    Then: ./shop --target compose order --watch
                    """);
            }

            return result;
        });
        return command;
    }

    static Command Down(ComposeSystem system)
    {
        var wipe = new Option<bool>("--wipe") { Description = "Also delete all data" };
        var command = new Command("down", "Stops and removes the containers") { wipe };
        command.SetAction((parsed, cancellation) => system.Show(
            ["--profile", "*", "down", .. parsed.GetValue(wipe) ? ["--volumes"] : Array.Empty<string>()], cancellation));
        return command;
    }

    static Command Status(ComposeSystem system)
    {
        var json = new Option<bool>("--json") { Description = "As JSON" };
        var command = new Command("status", "Shows the containers and their health") { json };
        command.SetAction((parsed, cancellation) => system.Show(
            ["ps", "--all", .. parsed.GetValue(json) ? ["--format", "json"] : Array.Empty<string>()], cancellation));
        return command;
    }

    static Command Logs(ComposeSystem system)
    {
        var name = new Argument<string?>("name")
        {
            Description = "A container such as ordering-1, or a service such as ordering for all its replicas (default: all)",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var follow = new Option<bool>("--follow", "-f") { Description = "Go on showing what is written, until Ctrl+C" };
        var lines = new Option<int>("--lines") { Description = "How many lines of each log", DefaultValueFactory = _ => 40 };
        var command = new Command("logs", "Shows the logs") { name, follow, lines };
        command.SetAction(async (parsed, cancellation) =>
        {
            var services = parsed.GetValue(name) is not { } wanted ? []
                : !Replicas.Services.Contains(wanted) ? [wanted]
                : (await system.Docker(["compose", "config", "--services"], cancellation)).Split('\n')
                    .Where(service => service.StartsWith(wanted + "-", StringComparison.Ordinal)).ToArray();
            string[] following = parsed.GetValue(follow) ? ["--follow"] : [];
            return await system.Show(["logs", "--tail", $"{parsed.GetValue(lines)}", .. following, .. services], cancellation);
        });
        return command;
    }

    // These commands run outside, through the gateway, with a token of that system.
    static Command WithSecrets(ComposeSystem system, Func<Checkout, Command> command)
    {
        var made = command(system.Checkout);
        made.Validators.Add(_ => system.MustHaveSecrets());
        return made;
    }

    // These commands run inside, by the same program, because the ports they need are not published.
    static Command Inside(ComposeSystem system, string name, string description)
    {
        var arguments = new Argument<string[]>("arguments") { Description = $"As of ./shop {name}", Arity = ArgumentArity.ZeroOrMore };
        var command = new Command(name, description) { arguments };
        command.TreatUnmatchedTokensAsErrors = false;
        command.SetAction((parsed, cancellation) =>
        {
            system.MustHaveSecrets();
            IEnumerable<string> inside = [name, .. parsed.GetValue(arguments) ?? [], .. parsed.UnmatchedTokens];
            var isTerminal = !Console.IsInputRedirected && !Console.IsOutputRedirected;
            return system.Show(ComposeSystem.Inside(inside, isTerminal), cancellation);
        });
        return command;
    }
}

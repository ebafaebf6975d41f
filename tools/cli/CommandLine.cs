using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using Npgsql;
using RabbitMQ.Client.Exceptions;
using Shop.Cli.Output;
using Shop.Launcher;
using Shop.Launcher.Client;

namespace Shop.Cli;

/// <summary>Runs a command line. An error becomes one readable message and exit code 1.</summary>
static class CommandLine
{
    const string DebugVariable = "SHOP_DEBUG";

    /// <param name="make">
    /// The commands for these arguments, and the arguments that remain. It reads the settings, so that a wrong setting is reported like
    /// any other error.
    /// </param>
    public static async Task<int> Run(string[] arguments, Func<string[], (Command Shop, string[] Left)> make)
    {
        using var interruption = new Interruption();
        var left = "";
        try
        {
            var result = await Invoke(make(arguments), interruption.Token);
            if (!interruption.IsThere)
            {
                return result;
            }
        }
        catch (Exception error) when (interruption.IsThere)
        {
            // Any error after an interruption comes from the interruption.
            left = error is Interrupted ? $" {error.Message}" : "";
        }
        catch (Exception error) when (Environment.GetEnvironmentVariable(DebugVariable) != "1")
        {
            Say(Explain(error));
            return 1;
        }

        // A terminal shows ^C in the line, so the message begins a new one.
        Say((Console.IsErrorRedirected ? "" : "\n") + "Interrupted." + left);
        return interruption.ExitCode;
    }

    static async Task<int> Invoke((Command Shop, string[] Left) commands, CancellationToken cancellation)
    {
        commands.Shop.Options.Add(new HelpOption());
        commands.Shop.Options.Add(new VersionOption());
        var parsed = commands.Shop.Parse(commands.Left is [] ? ["--help"] : commands.Left);
        var run = new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null };
        if (parsed.Action is ParseErrorAction wrong)
        {
            wrong.ShowHelp = false;
            run.Output = Console.Error;
        }

        var result = await parsed.InvokeAsync(run, cancellation);
        if (parsed.Action is ParseErrorAction)
        {
            await Console.Error.WriteLineAsync($"How it is used: {PathOf(parsed.CommandResult)} --help");
        }

        return result;
    }

    static void Say(string text)
    {
        try
        {
            Print.Note(text);
        }
        catch (IOException)
        {
            // The terminal is gone.
        }
    }

    static string PathOf(CommandResult command) =>
        command.Parent is CommandResult above ? $"{PathOf(above)} {command.Command.Name}" : command.Command.Name;

    public static string Explain(Exception error) => error switch
    {
        UserError or ApiError => error.Message,
        AggregateException { InnerExceptions: [var only] } => Explain(only),
        OperationCanceledException => "There was no answer in time. Is everything running? ./shop status",
        BrokerUnreachableException => "RabbitMQ does not answer. Is everything running? ./shop status",
        HttpRequestException or NpgsqlException => $"{error.Message.TrimEnd('.')}. Is everything running? ./shop status",
        UnauthorizedAccessException or (IOException and not FileLoadException) =>
            $"{error.Message} The files of a system are in .shop, or where {Checkout.StateVariable} says: its user must be able to write there.",
        _ => $"{error.GetType().Name}: {error.Message} ({DebugVariable}=1 shows where.)",
    };
}

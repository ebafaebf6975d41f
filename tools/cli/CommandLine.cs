using System.CommandLine;
using System.CommandLine.Help;
using Npgsql;
using Shop.Cli.Orders;

namespace Shop.Cli;

/// <summary>Runs a command line: what goes wrong becomes one readable message and exit code 1.</summary>
static class CommandLine
{
    const string DebugVariable = "SHOP_DEBUG";

    public static async Task<int> Run(Command shop, string[] arguments)
    {
        shop.Options.Add(new HelpOption());
        try
        {
            return await shop.Parse(arguments is [] ? ["--help"] : arguments)
                .InvokeAsync(new() { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = TimeSpan.FromSeconds(20) });
        }
        catch (Exception error) when (Environment.GetEnvironmentVariable(DebugVariable) != "1")
        {
            await Console.Error.WriteLineAsync(Explain(error));
            return 1;
        }
    }

    static string Explain(Exception error) => error switch
    {
        UserError or ApiError => error.Message,
        AggregateException { InnerExceptions: [var only] } => Explain(only),
        OperationCanceledException => "Interrupted.",
        HttpRequestException or NpgsqlException => $"{error.Message} (Is everything running? ./shop status)",
        _ => $"{error.GetType().Name}: {error.Message} ({DebugVariable}=1 shows where.)",
    };
}

using System.CommandLine;
using Shop.Launcher.Logs;

namespace Shop.Cli.Commands;

/// <summary>./shop keep-logs: the process that bounds the logs. For <see cref="LogKeeper.Process"/>, not for people.</summary>
static class KeepLogs
{
    public static Command Command()
    {
        var folder = new Argument<string>("folder");
        var command = new Command(LogKeeper.Word) { folder };
        command.Hidden = true;
        command.SetAction((parsed, cancellation) => LogKeeper.Run(parsed.GetRequiredValue(folder), cancellation));
        return command;
    }
}

using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace Shop.Hosting;

/// <summary>
/// One line for each entry: time (UTC), level, category, message, trace id. Scopes are left out: they hold request paths,
/// which can be anything a caller types.
/// </summary>
sealed class LogLines(TimeProvider clock) : ConsoleFormatter(FormatterName)
{
    public const string FormatterName = "shop";

    // Serving reports a start that fails; a second report would bury its one line under a stack trace.
    const string StartFailed = "HostedServiceStartupFaulted";

    public override void Write<TState>(
        in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        if (logEntry.EventId.Name == StartFailed)
        {
            return;
        }

        textWriter.Write(clock.GetUtcNow().ToString("HH:mm:ss.fff "));
        textWriter.Write(Label(logEntry.LogLevel));
        textWriter.Write(logEntry.Category);
        textWriter.Write(": ");
        textWriter.Write(OneLine(logEntry.Formatter(logEntry.State, logEntry.Exception)));
        if (logEntry.Exception is { } error)
        {
            textWriter.Write(' ');
            textWriter.Write(OneLine(error.ToString()));
        }

        if (Activity.Current is { } activity)
        {
            textWriter.Write(" trace=");
            textWriter.Write(activity.TraceId.ToHexString());
        }

        textWriter.WriteLine();
    }

    static string OneLine(string text) => text.ReplaceLineEndings(" ");

    static string Label(LogLevel level) => level switch
    {
        LogLevel.Trace => "trce ",
        LogLevel.Debug => "dbug ",
        LogLevel.Information => "info ",
        LogLevel.Warning => "warn ",
        LogLevel.Error => "fail ",
        _ => "crit ",
    };
}

using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Shop.Hosting;

/// <summary>The log of a process: every entry is one line of JSON on standard output.</summary>
sealed class LogLines(LogOutput output, LogLine line) : ILoggerProvider
{
    readonly ConcurrentDictionary<string, ILogger> _loggers = new();

    public static void AddTo(WebApplicationBuilder builder, string service)
    {
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton<ILoggerProvider>(_ => new LogLines(
            new(Console.OpenStandardOutput()),
            new(TimeProvider.System, service, ProcessSettings.InstanceOf(builder.Configuration))));
    }

    public ILogger CreateLogger(string categoryName) => _loggers.GetOrAdd(categoryName, category => new Logger(category, output, line));

    public void Dispose() => output.Dispose();

    sealed class Logger(string category, LogOutput output, LogLine line) : ILogger
    {
        // Serving reports a failed start in one line. A second report with a stack trace would hide it.
        const string StartFailed = "HostedServiceStartupFaulted";

        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

        // Scopes are left out: they hold request paths, which can be anything a caller types.
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel) && eventId.Name != StartFailed)
            {
                var values = state as IReadOnlyList<KeyValuePair<string, object?>> ?? [];
                output.Write(line.Format(logLevel, category, formatter(state, exception), values, exception));
            }
        }
    }
}

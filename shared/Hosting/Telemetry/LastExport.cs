using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace Shop.Hosting;

/// <summary>
/// Sends what is left before a process ends: all signals at once, and within a limit. By themselves they wait one after
/// the other, five seconds each, for a collector that does not answer, and a process that takes so long to end is
/// killed.
/// </summary>
static class LastExport
{
    // A healthy collector needs a few milliseconds.
    const int MillisecondsMax = 2_000;

    /// <summary>This runs before the services are disposed of, so that their disposal has nothing left to send.</summary>
    public static void Send(IServiceProvider services) => Parallel.Invoke(
        () => services.GetService<TracerProvider>()?.Shutdown(MillisecondsMax),
        () => services.GetService<MeterProvider>()?.Shutdown(MillisecondsMax),
        () => services.GetService<LoggerProvider>()?.Shutdown(MillisecondsMax));
}

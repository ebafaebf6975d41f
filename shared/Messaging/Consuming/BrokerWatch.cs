using System.Diagnostics;
using MassTransit;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Shop.Messaging;

/// <summary>
/// Lets consumers come back as soon as the broker does. MassTransit waits longer and longer between attempts to reconnect, up
/// to half a minute, and gives up for good where the broker has once refused its password; the relay, which tries every
/// second, tells when the broker is there again, and the bus is then started anew.
/// </summary>
sealed partial class BrokerWatch<TDb>(IBusControl bus, Relay<TDb> relay, TimeProvider clock, ILogger<BrokerWatch<TDb>> logger)
    : BackgroundService
    where TDb : DbContext
{
    static readonly TimeSpan _interval = TimeSpan.FromMilliseconds(500);
    static readonly TimeSpan _grace = TimeSpan.FromSeconds(3);
    static readonly TimeSpan _stopLimit = TimeSpan.FromSeconds(5);
    static readonly TimeSpan _startLimit = TimeSpan.FromSeconds(15);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(_interval, clock);
        var wasHealthy = false;
        var brokenSince = Stopwatch.StartNew();
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            var isHealthy = bus.CheckHealth().Status == BusHealthStatus.Healthy;
            wasHealthy |= isHealthy;
            // Before its first connection the bus is in the hands of its own start.
            if (isHealthy || !wasHealthy || !relay.IsConnected)
            {
                brokenSince.Restart();
            }
            else if (brokenSince.Elapsed > _grace)
            {
                await Restart(stoppingToken);
                brokenSince.Restart();
            }
        }
    }

    async Task Restart(CancellationToken stopping)
    {
        try
        {
            LogRestarting();
            await bus.StopAsync(_stopLimit);
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(stopping);
            limit.CancelAfter(_startLimit);
            await bus.StartAsync(limit.Token);
        }
        catch (Exception error) when (!stopping.IsCancellationRequested)
        {
            LogFailed(error.Message);
        }
    }

    [LoggerMessage(LogLevel.Information, "The message broker is back; starting the consumers anew")]
    partial void LogRestarting();

    [LoggerMessage(LogLevel.Warning, "The consumers could not be started and will be tried again: {Reason}")]
    partial void LogFailed(string reason);
}

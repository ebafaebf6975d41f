using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Shop.Hosting;

/// <summary>How a process leaves.</summary>
public sealed class DrainingOptions
{
    public const string Section = "Draining";

    /// <summary>
    /// From the order to stop until it takes no requests any more. Longer than whoever balances the load needs to
    /// notice; zero where nobody does.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:00:08")]
    public TimeSpan Time { get; init; } = TimeSpan.FromSeconds(3);
}

/// <summary>
/// A process that is told to stop says first that it is not ready, and serves on until nobody sends it requests any more: one that just
/// closes its door breaks connections on which requests are already under way.
/// </summary>
sealed class Draining(IHostApplicationLifetime lifetime, IOptions<DrainingOptions> options, TimeProvider clock)
    : IHostedLifecycleService, IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(lifetime.ApplicationStopping.IsCancellationRequested
            ? HealthCheckResult.Unhealthy("It is stopping.")
            : HealthCheckResult.Healthy());

    // Comes before anything is stopped.
    public async Task StoppingAsync(CancellationToken cancellationToken) =>
        await Task.Delay(options.Value.Time, clock, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}

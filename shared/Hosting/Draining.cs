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
    /// The time from SIGTERM until the process takes no requests any more. It is longer than a load balancer needs to notice, and zero
    /// without one.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:00:08")]
    public TimeSpan Time { get; init; } = TimeSpan.FromSeconds(3);
}

/// <summary>
/// A process that is told to stop first reports that it is not ready, and serves until the load balancer sends it no requests any more.
/// Otherwise it would break connections on which requests are under way.
/// </summary>
sealed class Draining(IHostApplicationLifetime lifetime, IOptions<DrainingOptions> options, TimeProvider clock)
    : IHostedLifecycleService, IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(lifetime.ApplicationStopping.IsCancellationRequested
            ? HealthCheckResult.Unhealthy("It is stopping.")
            : HealthCheckResult.Healthy());

    // This runs before anything is stopped.
    public async Task StoppingAsync(CancellationToken cancellationToken) =>
        await Task.Delay(options.Value.Time, clock, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}

using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Shop.Messaging;

/// <summary>Degraded, never unhealthy, without the broker: the service keeps taking writes, and its outbox keeps the messages.</summary>
sealed class RelayHealthCheck<TDb>(Relay<TDb> relay) : IHealthCheck where TDb : DbContext
{
    public Task<HealthCheckResult> CheckHealthAsync(
        HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(relay.Problem is { } problem
            ? HealthCheckResult.Degraded($"{problem} Messages wait in the outbox.")
            : HealthCheckResult.Healthy());
}

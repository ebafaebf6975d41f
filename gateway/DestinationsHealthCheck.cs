using Microsoft.Extensions.Diagnostics.HealthChecks;
using Yarp.ReverseProxy;
using Yarp.ReverseProxy.Model;

namespace Shop.Gateway;

/// <summary>Names each service with its replicas. Degraded while one has none: the others are still served.</summary>
sealed class DestinationsHealthCheck(IProxyStateLookup proxy) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(
        HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var services = proxy.GetClusters().OrderBy(cluster => cluster.ClusterId).Select(Describe).ToArray();
        var description = string.Join(", ", services.Select(service => service.Text));
        return Task.FromResult(services is not [] && services.All(service => service.Healthy > 0)
            ? HealthCheckResult.Healthy(description)
            : HealthCheckResult.Degraded(description));
    }

    static (string Text, int Healthy) Describe(ClusterState cluster)
    {
        var all = cluster.DestinationsState.AllDestinations;
        // An "unknown" replica has not been probed yet. Readiness waits for the first probe.
        var healthy = all.Count(replica => replica.Health is { Active: DestinationHealth.Healthy }
            && replica.Health.Passive != DestinationHealth.Unhealthy);
        return ($"{cluster.ClusterId}: {healthy} of {all.Count} replicas", healthy);
    }
}

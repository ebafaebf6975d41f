using System.Net;
using Microsoft.Extensions.Options;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.LoadBalancing;

namespace Shop.Gateway;

/// <summary>
/// How the replicas of every service are chosen and watched. Their addresses are configuration
/// (<c>ReverseProxy:Clusters:ordering:Destinations:1:Address</c>); what is the same for all is here, once.
/// </summary>
sealed class Clusters(IOptions<ForwardingOptions> options) : IProxyConfigFilter
{
    /// <summary>Failures within this time are counted. A replica with too many of them gets no requests for the same time.</summary>
    public static readonly TimeSpan FailureWindow = TimeSpan.FromSeconds(3);

    static readonly TimeSpan _probeInterval = TimeSpan.FromSeconds(1);
    static readonly TimeSpan _probeTimeLimit = TimeSpan.FromSeconds(2);

    public ValueTask<ClusterConfig> ConfigureClusterAsync(ClusterConfig cluster, CancellationToken cancel) =>
        new(cluster with
        {
            LoadBalancingPolicy = LoadBalancingPolicies.PowerOfTwoChoices,
            HealthCheck = new()
            {
                Active = new()
                {
                    Enabled = true,
                    Interval = _probeInterval,
                    Timeout = _probeTimeLimit,
                    Path = "/health/ready",
                    Policy = "ConsecutiveFailures",
                },
                Passive = new() { Enabled = true, Policy = "TransportFailureRate", ReactivationPeriod = FailureWindow },
                // If no replica is healthy, the gateway answers that, instead of trying an unhealthy one.
                AvailableDestinationsPolicy = "HealthyAndUnknown",
            },
            HttpRequest = new() { ActivityTimeout = options.Value.SilenceTimeLimit, Version = HttpVersion.Version11 },
        });

    public ValueTask<RouteConfig> ConfigureRouteAsync(RouteConfig route, ClusterConfig? cluster, CancellationToken cancel) =>
        new(route);
}

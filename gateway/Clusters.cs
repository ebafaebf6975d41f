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
    /// <summary>Failures of this time are counted; who had too many of them is left alone for as long.</summary>
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
                // With nobody healthy left the gateway says so, instead of trying the unhealthy.
                AvailableDestinationsPolicy = "HealthyAndUnknown",
            },
            HttpRequest = new() { ActivityTimeout = options.Value.SilenceTimeLimit, Version = HttpVersion.Version11 },
        });

    public ValueTask<RouteConfig> ConfigureRouteAsync(RouteConfig route, ClusterConfig? cluster, CancellationToken cancel) =>
        new(route);
}

using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.LoadBalancing;

namespace Shop.Gateway;

/// <summary>
/// How the replicas of every service are chosen and watched. Their addresses are configuration
/// (<c>ReverseProxy:Clusters:ordering:Destinations:1:Address</c>); what is the same for all is here, once.
/// </summary>
sealed class Clusters : IProxyConfigFilter
{
    static readonly TimeSpan _probeInterval = TimeSpan.FromSeconds(1);
    static readonly TimeSpan _probeTimeLimit = TimeSpan.FromSeconds(2);
    static readonly TimeSpan _reactivation = TimeSpan.FromSeconds(2);
    static readonly TimeSpan _silenceTimeLimit = TimeSpan.FromSeconds(15);

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
                Passive = new() { Enabled = true, Policy = "TransportFailureRate", ReactivationPeriod = _reactivation },
                // With nobody healthy left the gateway says so, instead of trying the unhealthy.
                AvailableDestinationsPolicy = "HealthyAndUnknown",
            },
            HttpRequest = new ForwarderRequestConfig { ActivityTimeout = _silenceTimeLimit },
        });

    public ValueTask<RouteConfig> ConfigureRouteAsync(RouteConfig route, ClusterConfig? cluster, CancellationToken cancel) =>
        new(route);
}

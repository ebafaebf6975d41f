using System.ComponentModel.DataAnnotations;
using Yarp.ReverseProxy.Configuration;

namespace Shop.Gateway;

/// <summary>The routes and clusters as configured. YARP would start with a route to nowhere; the gateway does not.</summary>
public sealed class ProxyOptions : IValidatableObject
{
    public const string Section = "ReverseProxy";

    public Dictionary<string, RouteConfig> Routes { get; init; } = [];

    public Dictionary<string, ClusterConfig> Clusters { get; init; } = [];

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        foreach (var (name, route) in Routes)
        {
            if (!Clusters.ContainsKey(route.ClusterId ?? ""))
            {
                yield return new(
                    $"there is no address for it: set Clusters:{route.ClusterId}:Destinations:1:Address", [$"Routes:{name}:ClusterId"]);
            }
        }

        foreach (var (name, cluster) in Clusters)
        {
            if (cluster.Destinations is null or { Count: 0 })
            {
                yield return new("at least one address is needed", [$"Clusters:{name}:Destinations"]);
            }

            foreach (var (number, destination) in cluster.Destinations ?? new Dictionary<string, DestinationConfig>())
            {
                if (!IsAddress(destination.Address))
                {
                    yield return new(
                        "must be an address such as http://127.0.0.1:5101/", [$"Clusters:{name}:Destinations:{number}:Address"]);
                }
            }
        }
    }

    static bool IsAddress(string address) =>
        Uri.TryCreate(address, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https";
}

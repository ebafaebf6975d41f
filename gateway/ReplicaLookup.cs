using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.ServiceDiscovery;

namespace Shop.Gateway;

/// <summary>
/// Makes each address that DNS has for the name of a service a replica of its own, as if it had been configured, and asks DNS regularly.
/// YARP's own resolver keeps the replicas for five minutes after a failed lookup, and delays the start of the gateway until DNS knows every
/// service.
/// </summary>
sealed class ReplicaLookup(
    IOptions<ForwardingOptions> options, Func<string, CancellationToken, Task<IPAddress[]>> lookup, TimeProvider clock)
        : IDestinationResolver
{
    static readonly TimeSpan _timeLimit = TimeSpan.FromSeconds(2);

    readonly ConcurrentDictionary<string, IPAddress[]> _known = [];

    public async ValueTask<ResolvedDestinationCollection> ResolveDestinationsAsync(
        IReadOnlyDictionary<string, DestinationConfig> destinations, CancellationToken cancellationToken)
    {
        if (options.Value.ReplicaLookupInterval is not { } interval)
        {
            return new(destinations, null);
        }

        var replicas = new Dictionary<string, DestinationConfig>();
        foreach (var (name, destination) in destinations)
        {
            foreach (var (number, replica) in await ReplicasOf(destination, cancellationToken))
            {
                replicas[number is "" ? name : $"{name} at {number}"] = replica;
            }
        }

        return new(replicas, new CancellationChangeToken(new CancellationTokenSource(interval, clock).Token));
    }

    // The host stays the configured name: requests name it, and with TLS the replica's certificate must have it.
    async Task<IEnumerable<(string Number, DestinationConfig Replica)>> ReplicasOf(
        DestinationConfig destination, CancellationToken cancellation)
    {
        var address = new Uri(destination.Address);
        var found = address.HostNameType == UriHostNameType.Dns ? await Find(address.Host, cancellation) : [];
        return found is []
            ? [("", destination)]
            : found.Select(number => ($"{number}", destination with
            {
                Address = new UriBuilder(address) { Host = $"{number}" }.Uri.ToString(),
                Host = destination.Host ?? address.Authority,
            }));
    }

    // If the name server does not answer, the replicas stay. Health checks decide about them.
    async Task<IPAddress[]> Find(string host, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(_timeLimit);
        try
        {
            if (OfOneFamily(await lookup(host, limit.Token)) is { Length: > 0 } found)
            {
                return _known[host] = found;
            }
        }
        catch (Exception error) when (error is SocketException or OperationCanceledException && !cancellation.IsCancellationRequested)
        {
            // The known replicas stay.
        }

        return _known.GetValueOrDefault(host, []);
    }

    // A replica with an address of each family counts once.
    static IPAddress[] OfOneFamily(IPAddress[] addresses)
    {
        var family = addresses.Any(address => address.AddressFamily == AddressFamily.InterNetwork)
            ? AddressFamily.InterNetwork
            : AddressFamily.InterNetworkV6;
        return
        [
            .. addresses.Where(address => address.AddressFamily == family)
                .Distinct().OrderBy(address => $"{address}", StringComparer.Ordinal),
        ];
    }
}

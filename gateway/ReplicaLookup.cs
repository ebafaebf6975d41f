using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.ServiceDiscovery;

namespace Shop.Gateway;

/// <summary>
/// Takes each address that DNS has for the name of a service for a replica of its own, chosen and watched as if it had been
/// configured, and asks again and again. YARP's own resolver leaves the replicas as they are for five minutes after one lookup
/// that failed, and does not let the gateway start before DNS knows everybody.
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

    // The host stays what was configured: by that name a replica is asked, and proves itself where TLS is spoken.
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

    // A name server that does not answer does not make replicas go away; their health is looked after elsewhere.
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
            // What was known before holds.
        }

        return _known.GetValueOrDefault(host, []);
    }

    // A replica with an address of each family is still one.
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

using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Options;
using Yarp.ReverseProxy.Configuration;

namespace Shop.Gateway.Tests;

/// <summary>Replicas that DNS knows, behind one configured name.</summary>
public sealed class ReplicaLookupTests
{
    readonly Dictionary<string, DestinationConfig> _configured = new() { ["1"] = new() { Address = "https://ordering:8443/" } };
    IPAddress[]? _answer = [];

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Each_address_is_a_replica_that_keeps_the_name_it_is_asked_by()
    {
        _answer = [IPAddress.Parse("10.0.0.2"), IPAddress.Parse("fd00::2"), IPAddress.Parse("10.0.0.1"), IPAddress.Parse("10.0.0.1")];

        var replicas = await Replicas(Resolver(TimeSpan.FromSeconds(1)));

        Assert.Equal(
            [("1 at 10.0.0.1", "https://10.0.0.1:8443/", "ordering:8443"), ("1 at 10.0.0.2", "https://10.0.0.2:8443/", "ordering:8443")],
            replicas);
    }

    [Fact]
    public async Task Replicas_come_and_go_and_a_lookup_that_fails_changes_nothing()
    {
        var resolver = Resolver(TimeSpan.FromSeconds(1));
        _answer = null;
        Assert.Equal([("1", "https://ordering:8443/", null)], await Replicas(resolver));

        _answer = [IPAddress.Parse("10.0.0.1")];
        Assert.Equal("1 at 10.0.0.1", Assert.Single(await Replicas(resolver)).Name);
        _answer = [IPAddress.Parse("10.0.0.7"), IPAddress.Parse("10.0.0.8")];
        Assert.Equal(["1 at 10.0.0.7", "1 at 10.0.0.8"], (await Replicas(resolver)).Select(replica => replica.Name));

        _answer = null;
        Assert.Equal(["1 at 10.0.0.7", "1 at 10.0.0.8"], (await Replicas(resolver)).Select(replica => replica.Name));
        _answer = [];
        Assert.Equal(["1 at 10.0.0.7", "1 at 10.0.0.8"], (await Replicas(resolver)).Select(replica => replica.Name));
    }

    [Fact]
    public async Task It_asks_again_when_its_time_has_come_and_never_if_it_is_not_told_to()
    {
        _answer = [IPAddress.Parse("10.0.0.1")];

        var asked = await Resolver(TimeSpan.FromMilliseconds(100)).ResolveDestinationsAsync(_configured, Cancellation);
        var untold = await Resolver(null).ResolveDestinationsAsync(_configured, Cancellation);

        await Wait.Until(() => asked.ChangeToken!.HasChanged, "time to ask again");
        Assert.Null(untold.ChangeToken);
        Assert.Same(_configured, untold.Destinations);
    }

    ReplicaLookup Resolver(TimeSpan? interval) => new(
        Options.Create(new ForwardingOptions { ReplicaLookupInterval = interval }),
        (_, _) => _answer is { } answer ? Task.FromResult(answer) : throw new SocketException((int)SocketError.HostNotFound),
        TimeProvider.System);

    async Task<IEnumerable<(string Name, string Address, string? Host)>> Replicas(ReplicaLookup resolver) =>
        (await resolver.ResolveDestinationsAsync(_configured, Cancellation)).Destinations
            .Select(replica => (replica.Key, replica.Value.Address, replica.Value.Host));
}

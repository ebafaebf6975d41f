using System.Collections.Concurrent;
using Shop.Cli.Drills.Faults;
using Shop.Cli.Running;

namespace Shop.Cli.Drills;

/// <summary>Every connection between two processes goes through a link that can be cut.</summary>
sealed class Network : Surroundings, IAsyncDisposable
{
    readonly ConcurrentDictionary<(string Process, string Server), Link> _links = new();

    public override int PortFor(string process, string server, int port) =>
        _links.GetOrAdd((process, server), _ => new Link(port)).Port;

    /// <exception cref="FaultMissed">The two do not talk to each other.</exception>
    public Link Between(string process, string server) =>
        _links.TryGetValue((process, server), out var link) ? link : throw new FaultMissed($"there is no link from {process} to {server}");

    public async ValueTask DisposeAsync()
    {
        foreach (var link in _links.Values)
        {
            await link.DisposeAsync();
        }
    }
}

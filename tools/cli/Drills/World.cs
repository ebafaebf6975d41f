using System.Collections.Concurrent;
using Shop.Cli.Drills.Faults;
using Shop.Cli.Drills.Stages;
using Shop.Cli.Running;

namespace Shop.Cli.Drills;

/// <summary>
/// The world as the processes of a drill's system see it: every connection between two of them goes through a link that can be
/// cut, and each may have a clock of its own.
/// </summary>
sealed class World(string folder) : Surroundings, IAsyncDisposable
{
    readonly ConcurrentDictionary<(string Process, string Server), Link> _links = new();

    readonly ConcurrentDictionary<string, IReadOnlyList<int>> _places = new();
    readonly ConcurrentDictionary<int, int> _doors = new();
    readonly ConcurrentDictionary<int, Link> _doorLinks = new();

    public Clocks Clocks { get; } = new(folder);

    public override int PortFor(string process, string server, int port) =>
        _links.GetOrAdd((process, server), _ => new Link(() => _places.GetValueOrDefault(server) ?? [port])).Port;

    public override IReadOnlyDictionary<string, string> SettingsFor(string process) => Clocks.SettingsFor(process);

    /// <summary>Says at which ports a server can be reached: whoever calls it gets one that answers.</summary>
    public void Place(string server, IReadOnlyList<int> ports) => _places[server] = ports;

    /// <summary>Makes one port lead to another, and from the next call on to yet another.</summary>
    public void OpenDoor(int port, int to)
    {
        _doors[port] = to;
        _doorLinks.GetOrAdd(port, _ => new Link(() => [_doors[port]], port));
    }

    /// <summary>As it was in the beginning.</summary>
    public async Task Reset()
    {
        Clocks.Clear();
        _places.Clear();
        foreach (var port in _doorLinks.Keys)
        {
            if (_doorLinks.TryRemove(port, out var link))
            {
                await link.DisposeAsync();
            }
        }
    }

    /// <exception cref="FaultMissed">The two do not talk to each other.</exception>
    public Link Between(string process, string server) =>
        _links.TryGetValue((process, server), out var link) ? link : throw new FaultMissed($"there is no link from {process} to {server}");

    public async ValueTask DisposeAsync()
    {
        await Reset();
        foreach (var link in _links.Values)
        {
            await link.DisposeAsync();
        }
    }
}

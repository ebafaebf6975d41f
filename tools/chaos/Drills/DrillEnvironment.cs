using System.Collections.Concurrent;
using Shop.Chaos.Drills.Faults;
using Shop.Chaos.Drills.Stages;
using Shop.Launcher.Running;

namespace Shop.Chaos.Drills;

/// <summary>
/// The environment of the processes in a drill's system: every connection between two of them goes through a link that can be cut, and each
/// process may have a clock of its own.
/// </summary>
public sealed class DrillEnvironment(string folder) : LaunchEnvironment, IAsyncDisposable
{
    readonly ConcurrentDictionary<(string Process, string Server), Link> _links = new();

    readonly ConcurrentDictionary<string, IReadOnlyList<int>> _routes = new();
    readonly ConcurrentDictionary<int, int> _forwards = new();
    readonly ConcurrentDictionary<int, Link> _forwardLinks = new();

    /// <summary>The command in front of each service's program; usually none.</summary>
    public IReadOnlyList<string> Wrapper { get; set; } = [];

    /// <summary>Added to the connection strings of services.</summary>
    public string DatabaseOptions { get; set; } = "";

    /// <summary>What the services' environment names as a proxy; null for none.</summary>
    public DeadProxy? Proxy { get; set; }

    public Clocks Clocks { get; } = new(folder);

    public override int PortFor(string process, string server, int port) =>
        _links.GetOrAdd((process, server), _ => new Link(() => _routes.GetValueOrDefault(server) ?? [port])).Port;

    public override IReadOnlyList<string> WrapperOf(string process) => Replicas.IsService(process) ? Wrapper : [];

    public override string DatabaseOptionsOf(string process) => DatabaseOptions;

    public override IReadOnlyDictionary<string, string> SettingsFor(string process) =>
        Proxy is not null && Replicas.IsService(process) ? Proxy.Settings : Clocks.SettingsFor(process);

    /// <summary>Sets the ports at which a server can be reached. A caller gets the first port that answers.</summary>
    public void Route(string server, IReadOnlyList<int> ports) => _routes[server] = ports;

    /// <summary>Makes a port lead to another one. A later call changes the target.</summary>
    public void Forward(int port, int to)
    {
        _forwards[port] = to;
        _forwardLinks.GetOrAdd(port, _ => new Link(() => [_forwards[port]], port));
    }

    /// <summary>Back to the initial state.</summary>
    public async Task Reset()
    {
        Clocks.Clear();
        (Wrapper, DatabaseOptions) = ([], "");
        if (Proxy is { } proxy)
        {
            Proxy = null;
            await proxy.DisposeAsync();
        }

        _routes.Clear();
        foreach (var port in _forwardLinks.Keys)
        {
            if (_forwardLinks.TryRemove(port, out var link))
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

using System.Collections.Concurrent;
using Shop.Cli.Drills.Faults;
using Shop.Cli.Running;

namespace Shop.Cli.Drills;

/// <summary>
/// The world as the processes of a drill's system see it: every connection between two of them goes through a link that can be
/// cut, and each may have a clock of its own.
/// </summary>
sealed class World(string folder) : Surroundings, IAsyncDisposable
{
    readonly ConcurrentDictionary<(string Process, string Server), Link> _links = new();

    /// <summary>Null as long as all have the machine's clock.</summary>
    public Clocks? Clocks { get; private set; }

    /// <summary>Gives every process that is started from now on a clock of its own, or the machine's again.</summary>
    public void UseOwnClocks(bool own) => Clocks = own ? new Clocks(folder) : null;

    public override int PortFor(string process, string server, int port) =>
        _links.GetOrAdd((process, server), _ => new Link(port)).Port;

    public override IReadOnlyDictionary<string, string> SettingsFor(string process) =>
        Clocks?.SettingsFor(process) ?? base.SettingsFor(process);

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

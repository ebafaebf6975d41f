using Shop.Chaos.Drills;
using Shop.Launcher;
using Shop.Launcher.Running;
using Spectre.Console;

namespace Shop.Upgrade.Tests;

/// <summary>
/// One system of which each process may be of the previous release or of this one. Servers, payment provider and load are always
/// of this checkout.
/// </summary>
sealed class Fleet : LaunchEnvironment, IAsyncDisposable
{
    const int PortsAbove = 3500;

    static readonly Dictionary<string, int> _replicas = Replicas.Services.ToDictionary(service => service, _ => 2);

    readonly HashSet<string> _previous = [];
    readonly string _previousRoot;
    readonly SystemStart _start;
    readonly SystemStop _stop;

    public Fleet(string root, string previousRoot)
    {
        _previousRoot = previousRoot;
        var state = new StateDirectory(Path.Combine(root, ".shop", StateDirectory.TestPrefix + "upgrade"));
        Checkout = new(root, state, new Ports(Ports.FromEnvironment().Offset + PortsAbove));
        var silent = new Steps(AnsiConsole.Create(new() { Out = new AnsiConsoleOutput(TextWriter.Null) }));
        _start = new(Checkout, silent, this);
        _stop = new(Checkout, silent);
    }

    public Checkout Checkout { get; }

    /// <summary>
    /// Every process that has releases, in the order of the upgrade: a service that receives commands comes before the one that sends them.
    /// </summary>
    public static IReadOnlyList<string> Deployed { get; } =
    [
        .. from replica in new[] { 1, 2 }
           from service in new[] { "payment", "inventory", "ordering" }
           select Replicas.NameOf(service, replica),
        ShopPrograms.Gateway,
    ];

    public static IReadOnlyList<string> Migrations { get; } = [.. Replicas.Services.Select(ShopPrograms.MigrationOf)];

    public override string? CheckoutOf(string process) => _previous.Contains(process) ? _previousRoot : null;

    /// <summary>Starts all of the previous release, with its tables, on empty databases.</summary>
    public async Task StartPrevious(CancellationToken cancellation)
    {
        await Wipe();
        _previous.UnionWith([.. Deployed, .. Migrations]);
        await _start.Run(_replicas, cancellation);
        await Stock.Prepare(Checkout, cancellation);
        await new Probe(Checkout).Warm(cancellation);
    }

    /// <summary>Migrates the tables to this release while the processes run.</summary>
    public Task Migrate(CancellationToken cancellation)
    {
        _previous.ExceptWith(Migrations);
        return _start.Run(_replicas, cancellation);
    }

    /// <summary>Stops a process, starts it in this release, and waits until it is ready.</summary>
    public async Task Upgrade(string process, CancellationToken cancellation)
    {
        _previous.Remove(process);
        await _start.Run(_replicas, cancellation);
        MustRun(process, Checkout.Root);
    }

    /// <summary>Stops a process and starts it in the previous release.</summary>
    public async Task RollBack(string process, CancellationToken cancellation)
    {
        _previous.Add(process);
        await _start.Run(_replicas, cancellation);
        MustRun(process, _previousRoot);
    }

    /// <summary>Asserts that a process runs the build of a checkout.</summary>
    public void MustRun(string process, string root)
    {
        var record = Checkout.State.Processes.Find(process);
        Assert.True(record is { IsAlive: true }, $"{process} does not run");
        var program = File.ReadAllText($"/proc/{record.Pid}/cmdline").Split('\0')[1];
        // The previous release is in a folder of this checkout, so the longer path decides.
        Assert.StartsWith(root + Path.DirectorySeparatorChar, program, StringComparison.Ordinal);
        Assert.Equal(root == _previousRoot, program.StartsWith(_previousRoot + Path.DirectorySeparatorChar, StringComparison.Ordinal));
    }

    public void MustAllRun(string root) => Assert.All(Deployed, process => MustRun(process, root));

    public async ValueTask DisposeAsync() => await Wipe();

    async Task Wipe()
    {
        await _stop.Run(wipe: true);
        _stop.Wipe(keepLogs: true);
    }
}

using Shop.Cli.Drills.Stages;
using Shop.Cli.Processes;
using Shop.Cli.Running;
using Shop.Cli.Servers;
using Spectre.Console;

namespace Shop.Cli.Drills;

/// <summary>A system for drills alone, beside the one that may be running, with data that is thrown away.</summary>
sealed class DrillSystem : IAsyncDisposable
{
    const int PortOffset = 2600;

    readonly SemaphoreSlim _starting = new(1);
    readonly Steps _silent = new(AnsiConsole.Create(new() { Out = new AnsiConsoleOutput(TextWriter.Null) }));
    IReadOnlyDictionary<string, int> _replicas = new Dictionary<string, int>();

    public DrillSystem(Checkout checkout)
    {
        Checkout = checkout;
        World = new(checkout.State.Combine("clocks"));
        Disk = new(new PostgresServer(checkout.State, checkout.Ports.Postgres).Folder);
        Brokers = new(checkout, World);
        Databases = new(checkout, World);
    }

    public Checkout Checkout { get; }

    public World World { get; }

    public SmallDisk Disk { get; }

    public BrokerCluster Brokers { get; }

    public DatabasePair Databases { get; }

    /// <summary>The system beside the one of this checkout. What an interrupted drill has left behind is deleted.</summary>
    public static async Task<DrillSystem> Beside(Checkout users)
    {
        var state = new StateDirectory(users.State.Combine("drill"));
        var system = new DrillSystem(new(users.Root, state, Ports.Parse($"{users.Ports.Offset + PortOffset}")));
        await system.Wipe(keepLogs: false);
        return system;
    }

    /// <exception cref="FaultMissed">It does not run.</exception>
    public ProcessRecord Find(string process) =>
        Checkout.State.Processes.Find(process) is { IsAlive: true } record ? record : throw new FaultMissed($"{process} does not run");

    /// <summary>Starts the system, or after a change of the number of processes what is missing.</summary>
    public Task Start(IReadOnlyDictionary<string, int> replicas, Steps steps, CancellationToken cancellation)
    {
        _replicas = replicas;
        return Start(steps, cancellation);
    }

    /// <summary>Starts what does not run, and returns when all is ready.</summary>
    public Task Start(CancellationToken cancellation) => Start(_silent, cancellation);

    /// <summary>Ends everything and deletes its data. The logs stay for who wants to know what happened.</summary>
    public async ValueTask DisposeAsync()
    {
        await Wipe();
        await World.DisposeAsync();
        _starting.Dispose();
    }

    async Task Start(Steps steps, CancellationToken cancellation)
    {
        await _starting.WaitAsync(cancellation);
        try
        {
            await new SystemStart(Checkout, steps, World).Run(_replicas, cancellation);
        }
        finally
        {
            _starting.Release();
        }
    }

    /// <summary>Ends everything and deletes its data.</summary>
    public async Task Wipe(bool keepLogs = true)
    {
        var stop = new SystemStop(Checkout, _silent);
        await stop.Run(wipe: true);
        await World.Reset();
        await Disk.Unmount();
        Brokers.Delete();
        Databases.Delete();
        stop.Wipe(keepLogs);
    }
}

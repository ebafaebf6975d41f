using Shop.Chaos.Auditing;
using Shop.Chaos.Drills.Stages;
using Shop.Launcher;
using Shop.Launcher.Processes;
using Shop.Launcher.Running;
using Shop.Launcher.Servers;
using Spectre.Console;

namespace Shop.Chaos.Drills;

/// <summary>A system of processes for drills alone, beside the one that may be running, with data that is thrown away.</summary>
public sealed class ProcessSystem : DrillSystem, IAsyncDisposable
{
    const int PortOffset = 2600;

    // The ports between belong to the database pair.
    const int PoolerPortsAbove = 3;

    readonly SemaphoreSlim _starting = new(1);
    readonly Steps _silent = new(AnsiConsole.Create(new() { Out = new AnsiConsoleOutput(TextWriter.Null) }));
    IReadOnlyDictionary<string, int> _replicas = new Dictionary<string, int>();

    long _unexplainedBefore;
    IReadOnlyList<ProcessRecord> _processesBefore = [];

    public ProcessSystem(Checkout checkout) : base(checkout)
    {
        Environment = new(checkout.State.Combine("clocks"));
        Disk = new(new PostgresServer(checkout.State, checkout.Ports.Postgres).Folder);
        Brokers = new(checkout, Environment);
        Databases = new(checkout, Environment);
        Pooler = new(checkout.State, checkout.Ports.Postgres + PoolerPortsAbove, checkout.Ports.Postgres);
    }

    /// <summary>Messages that faults have sent once more.</summary>
    public int Copies { get; set; }

    public DrillEnvironment Environment { get; }

    public SmallDisk Disk { get; }

    public BrokerCluster Brokers { get; }

    public DatabasePair Databases { get; }

    public PgBouncerServer Pooler { get; }

    /// <summary>Creates a system beside the one of this checkout. The remains of an interrupted drill are deleted.</summary>
    public static async Task<ProcessSystem> Beside(Checkout users)
    {
        var state = new StateDirectory(users.State.Combine("drill"));
        var system = new ProcessSystem(new(users.Root, state, Ports.Parse($"{users.Ports.Offset + PortOffset}")));
        await system.Wipe(keepLogs: false);
        return system;
    }

    /// <exception cref="FaultMissed">It does not run.</exception>
    public ProcessRecord Find(string process) =>
        Checkout.State.Processes.Find(process) is { IsAlive: true } record ? record : throw new FaultMissed($"{process} does not run");

    // Its data goes with it.
    public override string KeysOf(Drill drill, int seed) => $"{drill.Name}-{seed}";

    public override async Task Prepare(Drill drill, DrillOptions options, Steps steps, CancellationToken cancellation)
    {
        // After a change of the number of processes this starts what is missing.
        _replicas = (options.Replicas ?? Replicas.One)
            .ToDictionary(service => service.Key, service => Math.Max(drill.Replicas, service.Value));
        await Start(steps, cancellation);
        _unexplainedBefore = await Duplicates.Unexplained(Checkout, cancellation);
        Copies = 0;
        await Stock.Prepare(Checkout, cancellation);
        await new Probe(Checkout).Warm(cancellation);
        _processesBefore = Checkout.State.Processes.All;
    }

    // A fault elsewhere ends no process. Each process waits for what it needs.
    public override Task<IReadOnlyList<string>> Damage(IReadOnlyList<PlannedFault> faults, CancellationToken cancellation)
    {
        var victims = faults.SelectMany(planned => planned.Fault.Victims).ToHashSet();
        return Task.FromResult<IReadOnlyList<string>>(
        [
            .. _processesBefore.Where(record => !record.IsAlive && !victims.Contains(record.Name))
                .Select(record => $"{record.Name} (pid {record.Pid}) ended, though nobody ended it"),
        ]);
    }

    public override Task<AuditResult> Audit(TimeSpan timeLimit, CancellationToken cancellation) =>
        new Audit(Checkout).Run(timeLimit, _ => { }, cancellation);

    public override Task<IReadOnlyDictionary<Guid, OrderEnd>> Ends(IEnumerable<Guid> orders, CancellationToken cancellation) =>
        OrderEnds.Read(Checkout, orders, cancellation);

    // The accounts also have the copies of earlier drills.
    public override async Task<Copies?> CountCopies(CancellationToken cancellation) =>
        new(Copies, await Duplicates.Unexplained(Checkout, cancellation) - _unexplainedBefore);

    /// <summary>Starts what does not run, and returns when all is ready.</summary>
    public Task Start(CancellationToken cancellation) => Start(_silent, cancellation);

    /// <summary>Ends everything and deletes its data. The logs stay for people who want to know what happened.</summary>
    public async ValueTask DisposeAsync()
    {
        await Wipe();
        await Environment.DisposeAsync();
        _starting.Dispose();
    }

    async Task Start(Steps steps, CancellationToken cancellation)
    {
        await _starting.WaitAsync(cancellation);
        try
        {
            await new SystemStart(Checkout, steps, Environment).Run(_replicas, cancellation);
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
        await Environment.Reset();
        await Disk.Unmount();
        Brokers.Delete();
        Databases.Delete();
        Pooler.Delete();
        stop.Wipe(keepLogs);
    }
}

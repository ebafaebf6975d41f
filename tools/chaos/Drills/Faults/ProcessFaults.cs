using Shop.Launcher.Processes;

namespace Shop.Chaos.Drills.Faults;

/// <summary>kill -9 of all victims at once, and a start afterwards.</summary>
public sealed record Kill(params IReadOnlyList<string> Processes) : ProcessFault($"kill -9 of {string.Join(", ", Processes)}")
{
    public override IReadOnlyList<string> Victims => Processes;

    public override IReadOnlyList<string> MayCause => [.. Processes.SelectMany(Consequences.OfDeath).Distinct()];

    public override Task<EndFault> Begin(ProcessSystem system, CancellationToken cancellation)
    {
        var records = Processes.Select(system.Find).ToArray();
        foreach (var record in records)
        {
            BackgroundProcess.Kill(record);
        }

        return records.FirstOrDefault(record => record.IsAlive) is { } survivor
            ? throw new FaultMissed($"{survivor.Name} survived a kill -9")
            : Task.FromResult<EndFault>(async cancel =>
            {
                await system.Start(cancel);
                return $"{records.Length} process{(records.Length > 1 ? "es" : "")} died";
            });
    }
}

/// <summary>SIGTERM and a start afterwards, as when a new version replaces an old one.</summary>
sealed record Restart(string Process) : ProcessFault($"restart of {Process}")
{
    static readonly TimeSpan _limit = TimeSpan.FromSeconds(15);

    public override IReadOnlyList<string> Victims => [Process];

    public override async Task<EndFault> Begin(ProcessSystem system, CancellationToken cancellation)
    {
        if (!await BackgroundProcess.Stop(system.Find(Process), _limit))
        {
            throw new FaultMissed($"{Process} did not stop by itself within {_limit.TotalSeconds:0} s");
        }

        return async cancel =>
        {
            await system.Start(cancel);
            return "stopped by itself";
        };
    }
}

/// <summary>SIGSTOP and SIGCONT: the process stands still, and goes on later with the state it had.</summary>
sealed record Freeze(string Process) : ProcessFault($"SIGSTOP of {Process}")
{
    public override IReadOnlyList<string> MayCause => Consequences.OfStandstill(Process);

    public override Task<EndFault> Begin(ProcessSystem system, CancellationToken cancellation)
    {
        var record = system.Find(Process);
        var processes = ProcFiles.TreeOf(record.Pid);
        foreach (var pid in processes)
        {
            Signals.Send(pid, Signal.Stop);
        }

        return Task.FromResult<EndFault>(_ =>
        {
            var frozen = ProcFiles.IsStopped(record.Pid);
            foreach (var pid in processes.Reverse())
            {
                Signals.Send(pid, Signal.Continue);
            }

            return !frozen || !record.IsAlive
                ? throw new FaultMissed($"{Process} did not stand still")
                : Task.FromResult($"{processes.Count} process{(processes.Count > 1 ? "es" : "")} stood still");
        });
    }
}

using Npgsql;
using Shop.Launcher.Processes;
using Shop.Launcher.Running;
using Shop.Launcher.Servers;

namespace Shop.Chaos.Drills.Faults;

/// <summary>
/// SIGSTOP of one of two replicas inside a transaction. It keeps its row locks, its messages and its share of the outbox, and its
/// connections stay open. This lasts longer than an order waits for its stock, so the other replica has to do all the work.
/// </summary>
sealed record FreezeInTransaction(string Process) : ProcessFault($"SIGSTOP of {Process} inside a transaction")
{
    const int TriesMax = 100;

    static readonly TimeSpan _pollInterval = TimeSpan.FromMilliseconds(10);

    // The time is short, so that no transaction gives up waiting for the table. The other replica may have the next message.
    static readonly TimeSpan _heldMax = TimeSpan.FromSeconds(1);
    static readonly TimeSpan _statementEnds = TimeSpan.FromSeconds(1);

    public override IReadOnlyList<string> MayCause => Consequences.OfStandstill(Process);

    public override TimeSpan? FeltFor => TimeSpan.FromSeconds(15);

    string Service => Replicas.ServiceOf(Process)!;

    public override async Task<EndFault> Begin(ProcessSystem system, CancellationToken cancellation)
    {
        var record = system.Find(Process);
        var processes = ProcFiles.TreeOf(record.Pid);
        var databases = Databases.Of(system.Checkout);
        await using var watcher = await databases.OpenAsSuperuser(Service, cancellation);
        for (var tries = 1; tries <= TriesMax; tries++)
        {
            var stopped = await StopWhileItWaits(databases, watcher, processes, cancellation);
            const string ownsTransaction = "state = 'idle in transaction' and backend_xid is not null";
            if (stopped && await Becomes(watcher, ownsTransaction, _statementEnds, cancellation))
            {
                return _ =>
                {
                    var frozen = ProcFiles.IsStopped(record.Pid);
                    Send(processes.Reverse(), Signal.Continue);
                    return !frozen || !record.IsAlive
                        ? throw new FaultMissed($"{Process} did not stand still")
                        : Task.FromResult($"it stood still inside a transaction (try {tries})");
                };
            }

            Send(processes.Reverse(), Signal.Continue);
            await Task.Delay(_heldMax / 2, cancellation);
        }

        throw new FaultMissed($"{Process} was in no transaction in {TriesMax} moments");
    }

    // A transaction lasts a millisecond. So every transaction of the service is held up where it writes the inbox until the replica has
    // one. Then the replica is stopped, and the rest goes on: the statement of the stopped replica succeeds too, and nobody ends its
    // transaction.
    async Task<bool> StopWhileItWaits(
        Databases databases, NpgsqlConnection watcher, IEnumerable<int> processes, CancellationToken cancellation)
    {
        await using var holder = await databases.OpenAsSuperuser(Service, cancellation);
        await using var transaction = await holder.BeginTransactionAsync(cancellation);
        await using (var command = new NpgsqlCommand($"lock table {Service}.inbox in share mode", holder, transaction))
        {
            await command.ExecuteNonQueryAsync(cancellation);
        }

        if (!await Becomes(watcher, $"{holder.ProcessID} = any (pg_blocking_pids(pid))", _heldMax, cancellation))
        {
            return false;
        }

        Send(processes, Signal.Stop);
        return true;
    }

    Task<bool> Becomes(NpgsqlConnection watcher, string condition, TimeSpan limit, CancellationToken cancellation) => Poll.Until(
        async () =>
        {
            await using var command = new NpgsqlCommand(
                $"select exists (select from pg_stat_activity where application_name = $1 and {condition})", watcher)
            {
                Parameters = { new() { Value = Process } },
            };
            return (bool)(await command.ExecuteScalarAsync(cancellation))!;
        },
        limit,
        _pollInterval,
        cancellation);

    static void Send(IEnumerable<int> processes, Signal signal)
    {
        foreach (var pid in processes)
        {
            Signals.Send(pid, signal);
        }
    }
}

using System.Globalization;
using Npgsql;
using Shop.Launcher;
using Shop.Launcher.Processes;
using Shop.Launcher.Servers;

namespace Shop.Chaos.Load;

/// <summary>What the system has used so far. The difference of two readings is the cost of the load between them.</summary>
/// <param name="CpuMilliseconds">Processor time by process; PostgreSQL's and RabbitMQ's children are counted with them.</param>
/// <param name="Transactions">Committed in the subject's databases.</param>
/// <param name="RowsWritten">Inserted, updated and deleted there.</param>
/// <param name="WriteAheadLogBytes">Of the server, all its databases together.</param>
sealed record Usage(IReadOnlyDictionary<string, double> CpuMilliseconds, long Transactions, long RowsWritten, long WriteAheadLogBytes)
{
    const double MillisecondsPerTick = 10;

    public static async Task<Usage> Read(Checkout checkout, LoadSubject subject, CancellationToken cancellation)
    {
        var cpu = checkout.State.Processes.All
            .Where(record => record.IsAlive)
            .ToDictionary(record => record.Name, record => ProcFiles.TreeOf(record.Pid).Sum(CpuOf));
        if (subject.ThisProcess is { } name)
        {
            cpu[name] = Environment.CpuUsage.TotalTime.TotalMilliseconds;
        }

        await using var connection = await Databases.Of(checkout).OpenToRead(subject.Database, cancellation);
        await using var command = new NpgsqlCommand(
            """
            select sum(xact_commit)::bigint, sum(tup_inserted + tup_updated + tup_deleted)::bigint,
                pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint
            from pg_stat_database where datname = any ($1)
            """,
            connection) { Parameters = { new() { Value = subject.Databases.ToArray() } } };
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        await reader.ReadAsync(cancellation);
        return new(cpu, reader.GetInt64(0), reader.GetInt64(1), reader.GetInt64(2));
    }

    // Fields 14 to 17 of /proc/PID/stat: own and waited-for children's time, in user and kernel mode. The name, field 2, may
    // hold blanks, so counting starts behind its closing bracket.
    static double CpuOf(int pid)
    {
        try
        {
            var text = File.ReadAllText($"/proc/{pid}/stat");
            return text[(text.LastIndexOf(')') + 2)..].Split(' ')[11..15]
                .Sum(ticks => double.Parse(ticks, CultureInfo.InvariantCulture)) * MillisecondsPerTick;
        }
        catch (IOException)
        {
            // The process ended at this moment.
            return 0;
        }
    }
}

using System.Globalization;
using Npgsql;
using Shop.Launcher;
using Shop.Launcher.Processes;
using Shop.Launcher.Servers;

namespace Shop.Chaos.Load;

/// <summary>What the system has used so far. The difference of two readings is the cost of the load between them.</summary>
/// <param name="CpuMilliseconds">Processor time by process; PostgreSQL's and RabbitMQ's children are counted with them.</param>
/// <param name="Transactions">Committed in the services' databases.</param>
/// <param name="RowsWritten">Inserted, updated and deleted there.</param>
sealed record Usage(IReadOnlyDictionary<string, double> CpuMilliseconds, long Transactions, long RowsWritten)
{
    const double MillisecondsPerTick = 10;

    public static async Task<Usage> Read(Checkout checkout, CancellationToken cancellation)
    {
        var cpu = checkout.State.Processes.All
            .Where(record => record.IsAlive)
            .ToDictionary(record => record.Name, record => ProcFiles.TreeOf(record.Pid).Sum(CpuOf));
        await using var connection = await Databases.Of(checkout).OpenToRead("ordering", cancellation);
        await using var command = new NpgsqlCommand(
            """
            select sum(xact_commit)::bigint, sum(tup_inserted + tup_updated + tup_deleted)::bigint from pg_stat_database
            where datname in ('ordering', 'inventory', 'payment')
            """,
            connection);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        await reader.ReadAsync(cancellation);
        return new(cpu, reader.GetInt64(0), reader.GetInt64(1));
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

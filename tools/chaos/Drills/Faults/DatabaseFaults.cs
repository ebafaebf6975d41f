using Npgsql;
using Shop.Launcher.Servers;

namespace Shop.Chaos.Drills.Faults;

/// <summary>
/// Another program takes every connection of the database server, and the services lose theirs: a leak elsewhere, or a pooler that was
/// restarted.
/// </summary>
sealed record TakeConnections() : ProcessFault("no database connection left")
{
    public override IReadOnlyList<string> MayCause => Consequences.OfDeath(PostgresServer.Name);

    public override async Task<EndFault> Begin(ProcessSystem system, CancellationToken cancellation)
    {
        var server = new PostgresServer(system.Checkout.State, system.Checkout.Ports.Postgres);
        var taken = new List<NpgsqlConnection>();
        try
        {
            var ended = 0L;
            // A connection that is ended is free for a moment, and a service may take it. So the loop goes on until the services have none.
            for (var others = long.MaxValue; others > 0;)
            {
                await TakeAll(server, taken, cancellation);
                others = await EndOthers(taken[0], cancellation);
                ended += others;
            }

            return async _ =>
            {
                await Release(taken);
                return ended == 0
                    ? throw new FaultMissed("no service had a connection to lose")
                    : $"{taken.Count} connections taken, {ended} of the services' ended";
            };
        }
        catch
        {
            await Release(taken);
            throw;
        }
    }

    static async Task TakeAll(PostgresServer server, List<NpgsqlConnection> taken, CancellationToken cancellation)
    {
        while (true)
        {
            var connection = new NpgsqlConnection(server.ConnectionString() + ";Pooling=false");
            try
            {
                await connection.OpenAsync(cancellation);
                taken.Add(connection);
            }
            catch (PostgresException error) when (error.SqlState == PostgresErrorCodes.TooManyConnections && taken is not [])
            {
                await connection.DisposeAsync();
                return;
            }
        }
    }

    static async Task<long> EndOthers(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(
            """
            select count(pg_terminate_backend(pid)) from pg_stat_activity
            where backend_type = 'client backend' and datname in ('ordering', 'inventory', 'payment')
            """,
            connection);
        return (long)(await command.ExecuteScalarAsync(cancellation))!;
    }

    static async Task Release(IEnumerable<NpgsqlConnection> taken)
    {
        foreach (var connection in taken)
        {
            await connection.DisposeAsync();
        }
    }
}

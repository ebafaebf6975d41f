using Npgsql;
using Shop.Launcher.Servers;

namespace Shop.Chaos.Drills.Faults;

/// <summary>
/// The database server has to wait for a standby that is not there: every commit hangs, and nobody may be told that one is done. What
/// has not been told cannot be seen in the database either, so whatever order appears there meanwhile was told too early.
/// </summary>
sealed record StandbyAway() : ProcessFault("synchronous standby away")
{
    const string Waiting =
        "select count(*) from pg_stat_activity where wait_event = 'SyncRep' and datname in ('ordering', 'inventory', 'payment')";
    const string Orders = "select count(*) from ordering.orders";
    static readonly TimeSpan _pollInterval = TimeSpan.FromMilliseconds(100);
    static readonly TimeSpan _limit = TimeSpan.FromSeconds(20);

    // It lasts about as long as an order waits for its payment.
    public override IReadOnlyList<string> MayCause => Consequences.OfStandstill(PostgresServer.Name);

    public override async Task<EndFault> Begin(ProcessSystem system, CancellationToken cancellation)
    {
        var server = new PostgresServer(system.Checkout.State, system.Checkout.Ports.Postgres);
        await Do(server, "alter system set synchronous_standby_names = 'nobody'", cancellation);
        await Do(server, "select pg_reload_conf()", cancellation);
        try
        {
            // A waiting commit of a service shows that the server has read the setting.
            await UntilWaiting(server, cancellation);
            var before = await Ask(server, Orders, cancellation, "ordering");
            return async cancel =>
            {
                var waiting = await Ask(server, Waiting, cancel);
                var told = await Ask(server, Orders, cancel, "ordering") - before;
                await End(server, cancel);
                return (waiting, told) switch
                {
                    (0, _) => throw new FaultMissed("no commit waited"),
                    (_, > 0) => throw new FaultMissed($"{told} orders were committed without the standby"),
                    _ => $"{waiting} commits waited, none was told",
                };
            };
        }
        catch
        {
            await End(server, CancellationToken.None);
            throw;
        }
    }

    static async Task UntilWaiting(PostgresServer server, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(_limit);
        try
        {
            while (await Ask(server, Waiting, limit.Token) == 0)
            {
                await Task.Delay(_pollInterval, limit.Token);
            }
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new FaultMissed("no commit waited for the standby");
        }
    }

    static async Task End(PostgresServer server, CancellationToken cancellation)
    {
        await Do(server, "alter system reset synchronous_standby_names", cancellation);
        await Do(server, "select pg_reload_conf()", cancellation);
    }

    static async Task Do(PostgresServer server, string sql, CancellationToken cancellation)
    {
        await using var connection = new NpgsqlConnection(server.ConnectionString() + ";Pooling=false");
        await connection.OpenAsync(cancellation);
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellation);
    }

    static async Task<long> Ask(PostgresServer server, string sql, CancellationToken cancellation, string database = "postgres")
    {
        await using var connection = new NpgsqlConnection(server.ConnectionString(database) + ";Pooling=false");
        await connection.OpenAsync(cancellation);
        await using var command = new NpgsqlCommand(sql, connection);
        return (long)(await command.ExecuteScalarAsync(cancellation))!;
    }
}

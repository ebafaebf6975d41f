using Npgsql;

namespace Shop.Support;

/// <summary>A PostgreSQL server whose synchronous standby has gone: commits wait for it until this is disposed of.</summary>
public sealed class StandbyAway : IAsyncDisposable
{
    static readonly TimeSpan _pollInterval = TimeSpan.FromMilliseconds(20);

    readonly string _server;

    StandbyAway(string server) => _server = server;

    internal static async Task<StandbyAway> Begin(string server)
    {
        var away = new StandbyAway(server);
        await away.Execute("alter system set synchronous_standby_names = 'nobody'");
        await away.Execute("select pg_reload_conf()");
        // The server does not report that it has read the setting. So commits are tried until one waits.
        while (!await away.Waits())
        {
            await Task.Delay(_pollInterval);
        }

        return away;
    }

    /// <summary>The processes of the server, by the name of the replica, whose commit waits for the standby.</summary>
    public Task<IReadOnlyList<int>> WaitingOf(string replica) => Column(
        $"select pid from pg_stat_activity where application_name = '{replica}' and wait_event = 'SyncRep' and lower(query) = 'commit' order by pid");

    /// <summary>Waits until commits of a replica have been waiting for so long.</summary>
    public Task<IReadOnlyList<int>> UntilWaiting(string replica, int seconds = 0, int commits = 1) => Wait.Until(
        () => Column(
            $"""
            select pid from pg_stat_activity
            where application_name = '{replica}' and wait_event = 'SyncRep' and lower(query) = 'commit' and query_start < clock_timestamp() - interval '{seconds} s' order by pid
            """),
        waiting => waiting.Count >= commits,
        $"{commits} commits of {replica} waiting for {seconds} s");

    /// <summary>Cancels the wait of a server process, as an operator may.</summary>
    public Task Cancel(int process) => Execute($"select pg_cancel_backend({process})");

    public async ValueTask DisposeAsync()
    {
        await Execute("alter system reset synchronous_standby_names");
        await Execute("select pg_reload_conf()");
    }

    async Task<bool> Waits()
    {
        var connection = new NpgsqlConnection(_server);
        await connection.OpenAsync();
        var trying = Commit(connection);
        while (!trying.IsCompleted)
        {
            if ((await Column($"select pid from pg_stat_activity where pid = {connection.ProcessID} and wait_event = 'SyncRep'")) is [_])
            {
                return true;
            }

            await Task.Delay(_pollInterval);
        }

        await trying;
        return false;
    }

    static async Task Commit(NpgsqlConnection connection)
    {
        await using (connection)
        {
            await using var command = new NpgsqlCommand("select pg_logical_emit_message(true, 'test', '')", connection)
            {
                CommandTimeout = 0
            };
            await command.ExecuteNonQueryAsync();
        }
    }

    async Task Execute(string sql)
    {
        await using var connection = new NpgsqlConnection(_server);
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }

    async Task<IReadOnlyList<int>> Column(string sql)
    {
        await using var connection = new NpgsqlConnection(_server);
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        await using var command = new NpgsqlCommand(sql, connection);
        await using var reader = await command.ExecuteReaderAsync(TestContext.Current.CancellationToken);
        var values = new List<int>();
        while (await reader.ReadAsync())
        {
            values.Add(reader.GetInt32(0));
        }

        return values;
    }
}

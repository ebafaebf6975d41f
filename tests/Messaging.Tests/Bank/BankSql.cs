using Npgsql;

namespace Shop.Messaging.Tests.Bank;

/// <summary>Reads and sometimes breaks the database, directly and not through a replica.</summary>
public sealed class BankSql(NpgsqlDataSource database) : IAsyncDisposable
{
    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public Task<long> CountSubjects(string kind) =>
        Scalar<long>($"select count(distinct \"Subject\") from bank.\"Effects\" where \"Kind\" = '{kind}'");

    public Task<long> CountDue() =>
        Scalar<long>("select count(*) from bank.outbox where due_at <= clock_timestamp()");

    public Task<long> CountDeadLetters() => Scalar<long>("select count(*) from bank.dead_letters");

    public Task<long> CountOutbox() => Scalar<long>("select count(*) from bank.outbox");

    public Task<decimal> Balance(Guid accountId) =>
        Scalar<decimal>($"select \"Balance\" from bank.\"Accounts\" where \"AccountId\" = '{accountId}'");

    /// <summary>All effects of a kind in the order they had; a double effect is in it twice.</summary>
    public Task<IReadOnlyList<Guid>> Subjects(string kind) =>
        Column<Guid>($"select \"Subject\" from bank.\"Effects\" where \"Kind\" = '{kind}' order by \"EffectId\"");

    public async Task<T> Scalar<T>(string sql)
    {
        while (true)
        {
            try
            {
                await using var command = database.CreateCommand(sql);
                return (T)(await command.ExecuteScalarAsync(Cancellation))!;
            }
            catch (NpgsqlException error) when (error.InnerException is IOException || error.SqlState == PostgresErrorCodes.AdminShutdown)
            {
                // After a restart of the server, the pool has a few broken connections, and drops each at its first use.
            }
        }
    }

    public async Task<IReadOnlyList<T>> Column<T>(string sql)
    {
        await using var command = database.CreateCommand(sql);
        await using var reader = await command.ExecuteReaderAsync(Cancellation);
        var values = new List<T>();
        while (await reader.ReadAsync(Cancellation))
        {
            values.Add(await reader.GetFieldValueAsync<T>(0, Cancellation));
        }

        return values;
    }

    public async Task<int> Execute(string sql)
    {
        await using var command = database.CreateCommand(sql);
        return await command.ExecuteNonQueryAsync(Cancellation);
    }

    /// <summary>Holds the locks that a query takes until it is disposed of.</summary>
    public async Task<IAsyncDisposable> Locked(string sql)
    {
        var connection = await database.OpenConnectionAsync(Cancellation);
        await connection.BeginTransactionAsync(Cancellation);
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(Cancellation);
        return connection;
    }

    public ValueTask DisposeAsync() => database.DisposeAsync();
}

using Npgsql;

namespace Shop.Messaging;

/// <summary>
/// The outbox as its relay sees it. Each running replica publishes the rows it wrote itself: they carry its owner number,
/// and while it lives it holds the advisory lock of that number. A lock that can be taken belongs to a dead replica, whose
/// rows then become one's own. PostgreSQL frees the lock when the connection ends, however it ends.
/// </summary>
sealed class RelayStore : IAsyncDisposable
{
    const int AdoptionStep = 10_000;

    readonly NpgsqlDataSource _database;
    readonly NpgsqlConnection _connection;
    readonly MessagingTables _tables;
    readonly long _owner;

    RelayStore(NpgsqlDataSource database, NpgsqlConnection connection, MessagingTables tables, long owner)
    {
        _database = database;
        _connection = connection;
        _tables = tables;
        _owner = owner;
    }

    public static async Task<RelayStore> Open(
        NpgsqlDataSource database, MessagingTables tables, long owner, CancellationToken cancellation)
    {
        var store = new RelayStore(database, await database.OpenConnectionAsync(cancellation), tables, owner);
        try
        {
            // When the network drops us without a word, the server notices soon, and frees the lock.
            await store.Execute(
                "set tcp_keepalives_idle = 10; set tcp_keepalives_interval = 5; set tcp_keepalives_count = 3", cancellation);
            // Waits for a replica that is just adopting our rows because it could not see us.
            await store.Execute("select pg_advisory_lock($1)", cancellation, owner);
            return store;
        }
        catch
        {
            await store.DisposeAsync();
            throw;
        }
    }

    /// <summary>
    /// Our rows that may go out now: immediate ones in the order of their insertion, then those that were scheduled for a
    /// time that has come, so many of each that neither kind waits for the other.
    /// </summary>
    public async Task<IReadOnlyList<RelayRow>> Due(int limit, CancellationToken cancellation)
    {
        // now() and not clock_timestamp(), which no index can be searched for.
        await using var command = Command(
            $"""
            (select due_at, seq, message_id, exchange, headers, body, created_at from {_tables.Outbox}
             where owner = $1 and due_at = '-infinity' order by seq limit $2)
            union all
            (select due_at, seq, message_id, exchange, headers, body, created_at from {_tables.Outbox}
             where owner = $1 and due_at > '-infinity' and due_at <= now() order by due_at, seq limit $2)
            """,
            _owner,
            limit);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var rows = new List<RelayRow>();
        while (await reader.ReadAsync(cancellation))
        {
            rows.Add(new(
                // -infinity comes without a kind, and an array may not mix kinds.
                DateTime.SpecifyKind(reader.GetDateTime(0), DateTimeKind.Utc),
                reader.GetInt64(1),
                reader.GetGuid(2),
                reader.GetString(3),
                reader.GetString(4),
                reader.GetFieldValue<byte[]>(5),
                reader.GetFieldValue<DateTimeOffset>(6)));
        }

        return rows;
    }

    /// <summary>Forgets what the broker has confirmed. A crash before this publishes it twice; the inbox drops the second.</summary>
    public Task Delete(IReadOnlyCollection<RelayRow> rows, CancellationToken cancellation) =>
        Execute(
            $"""
            delete from {_tables.Outbox} using unnest($2, $3) as done (due_at, seq)
            where owner = $1 and outbox.due_at = done.due_at and outbox.seq = done.seq
            """,
            cancellation,
            _owner,
            rows.Select(row => row.DueAt).ToArray(),
            rows.Select(row => row.Seq).ToArray());

    /// <summary>Lets rows the broker did not take wait, so that they hold up no others.</summary>
    public Task Postpone(IReadOnlyCollection<RelayRow> rows, TimeSpan delay, CancellationToken cancellation) =>
        Execute(
            $"""
            update {_tables.Outbox} set due_at = clock_timestamp() + $4
            from unnest($2, $3) as late (due_at, seq)
            where owner = $1 and outbox.due_at = late.due_at and outbox.seq = late.seq
            """,
            cancellation,
            _owner,
            rows.Select(row => row.DueAt).ToArray(),
            rows.Select(row => row.Seq).ToArray(),
            delay);

    /// <summary>Makes some rows of replicas that are gone our own, oldest first.</summary>
    /// <returns>How many rows that were; none only if there are none left.</returns>
    public async Task<int> Adopt(CancellationToken cancellation)
    {
        var adopted = 0;
        foreach (var owner in await OtherOwners(cancellation))
        {
            if (await Scalar<bool>("select pg_try_advisory_lock($1)", cancellation, owner))
            {
                adopted += await Execute(
                    $"""
                    update {_tables.Outbox} set owner = $1 where (owner, due_at, seq) in (
                        select owner, due_at, seq from {_tables.Outbox} where owner = $2 order by due_at, seq limit {AdoptionStep})
                    """,
                    cancellation,
                    _owner,
                    owner);
                await Execute("select pg_advisory_unlock($1)", cancellation, owner);
            }
        }

        return adopted;
    }

    /// <summary>Our rows that are due.</summary>
    public Task<long> CountDue(CancellationToken cancellation) =>
        Scalar<long>($"select count(*) from {_tables.Outbox} where owner = $1 and due_at <= now()", cancellation, _owner);

    public ValueTask DisposeAsync()
    {
        // Not back into the pool, which resets nothing: the lock goes with the connection, without asking a server that may
        // not answer.
        _database.Clear();
        return _connection.DisposeAsync();
    }

    // Jumps from owner to owner along the primary key instead of reading every row.
    async Task<IReadOnlyList<long>> OtherOwners(CancellationToken cancellation)
    {
        await using var command = Command(
            $"""
            with recursive owners (owner) as (
                select min(owner) from {_tables.Outbox}
                union all
                select (select min(owner) from {_tables.Outbox} where owner > owners.owner) from owners
                where owners.owner is not null)
            select owner from owners where owner <> $1
            """,
            _owner);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var owners = new List<long>();
        while (await reader.ReadAsync(cancellation))
        {
            owners.Add(reader.GetInt64(0));
        }

        return owners;
    }

    async Task<int> Execute(string sql, CancellationToken cancellation, params object[] arguments)
    {
        await using var command = Command(sql, arguments);
        return await command.ExecuteNonQueryAsync(cancellation);
    }

    async Task<T> Scalar<T>(string sql, CancellationToken cancellation, params object[] arguments)
    {
        await using var command = Command(sql, arguments);
        return (T)(await command.ExecuteScalarAsync(cancellation))!;
    }

    NpgsqlCommand Command(string sql, params object[] arguments)
    {
        var command = new NpgsqlCommand(sql, _connection);
        foreach (var argument in arguments)
        {
            command.Parameters.Add(new() { Value = argument });
        }

        return command;
    }
}

/// <summary>An outbox row about to be published.</summary>
sealed record RelayRow(DateTime DueAt, long Seq, Guid MessageId, string Exchange, string Headers, byte[] Body, DateTimeOffset CreatedAt);

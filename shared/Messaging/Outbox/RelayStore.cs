using Npgsql;

namespace Shop.Messaging;

/// <summary>
/// The outbox as its relay sees it. Each running replica publishes the rows it wrote itself: they carry its owner number, and
/// while it can publish it renews a lease under that number. When the lease has run out by the database's clock, the rows become
/// those of whoever sees it first. Each statement stands for itself: nothing depends on a session.
/// </summary>
/// <remarks>
/// The owner number in the row is the fencing token. A replica that stood still past its lease may publish once more what it had read
/// before, which the receivers' inboxes drop; but it cannot delete or postpone what is another's now.
/// </remarks>
sealed class RelayStore(NpgsqlDataSource database, MessagingTables tables, long owner)
{
    /// <summary>How long a replica that stands still keeps its rows.</summary>
    public static readonly TimeSpan LeaseTime = TimeSpan.FromSeconds(10);

    const int AdoptionStep = 10_000;

    /// <summary>Takes the lease, or renews it.</summary>
    public Task Hold(CancellationToken cancellation) =>
        Execute(
            $"""
            insert into {tables.Leases} as lease (owner, until) values ($1, clock_timestamp() + $2)
            on conflict (owner) do update set until = excluded.until
            """,
            cancellation,
            owner,
            LeaseTime);

    /// <summary>Ends the lease, so that nobody has to wait for its end.</summary>
    public Task Release(CancellationToken cancellation) =>
        Execute($"delete from {tables.Leases} where owner = $1", cancellation, owner);

    /// <summary>Forgets leases that ended long ago and left nothing.</summary>
    public Task ForgetLeases(CancellationToken cancellation) =>
        Execute(
            $"""
            delete from {tables.Leases} lease where until < now() - interval '1 hour'
                and not exists (select from {tables.Outbox} where owner = lease.owner)
            """,
            cancellation);

    /// <summary>
    /// Our rows that may go out now: immediate ones in the order of their insertion, then those that were scheduled for a
    /// time that has come, so many of each that neither kind waits for the other.
    /// </summary>
    public async Task<IReadOnlyList<RelayRow>> Due(int limit, CancellationToken cancellation)
    {
        // now() and not clock_timestamp(), which no index can be searched for.
        await using var command = Command(
            $"""
            (select due_at, seq, message_id, exchange, headers, body, created_at from {tables.Outbox}
             where owner = $1 and due_at = '-infinity' order by seq limit $2)
            union all
            (select due_at, seq, message_id, exchange, headers, body, created_at from {tables.Outbox}
             where owner = $1 and due_at > '-infinity' and due_at <= now() order by due_at, seq limit $2)
            """,
            owner,
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
            delete from {tables.Outbox} using unnest($2, $3) as done (due_at, seq)
            where owner = $1 and outbox.due_at = done.due_at and outbox.seq = done.seq
            """,
            cancellation,
            owner,
            rows.Select(row => row.DueAt).ToArray(),
            rows.Select(row => row.Seq).ToArray());

    /// <summary>Lets rows the broker did not take wait, so that they hold up no others.</summary>
    public Task Postpone(IReadOnlyCollection<RelayRow> rows, TimeSpan delay, CancellationToken cancellation) =>
        Execute(
            $"""
            update {tables.Outbox} set due_at = clock_timestamp() + $4
            from unnest($2, $3) as late (due_at, seq)
            where owner = $1 and outbox.due_at = late.due_at and outbox.seq = late.seq
            """,
            cancellation,
            owner,
            rows.Select(row => row.DueAt).ToArray(),
            rows.Select(row => row.Seq).ToArray(),
            delay);

    /// <summary>Makes some rows of replicas that are gone our own, oldest first.</summary>
    /// <returns>How many rows that were; none only if there are none left.</returns>
    public async Task<int> Adopt(CancellationToken cancellation)
    {
        var adopted = 0;
        foreach (var gone in await OwnersWithoutLease(cancellation))
        {
            // A replica of the release before has no lease, but holds the advisory lock of its number while it lives.
            adopted += await Execute(
                $"""
                with ended as materialized (
                    select from (select) replica left join {tables.Leases} lease on lease.owner = $2
                    where case when until is null then pg_try_advisory_xact_lock($2) else until < clock_timestamp() end)
                update {tables.Outbox} set owner = $1
                where exists (select from ended) and (owner, due_at, seq) in (
                    select owner, due_at, seq from {tables.Outbox} where owner = $2 order by due_at, seq limit {AdoptionStep}
                    for update skip locked)
                """,
                cancellation,
                owner,
                gone);
        }

        return adopted;
    }

    /// <summary>Our rows that are due.</summary>
    public Task<long> CountDue(CancellationToken cancellation) =>
        Scalar<long>($"select count(*) from {tables.Outbox} where owner = $1 and due_at <= now()", cancellation, owner);

    // Jumps from owner to owner along the primary key instead of reading every row.
    async Task<IReadOnlyList<long>> OwnersWithoutLease(CancellationToken cancellation)
    {
        await using var command = Command(
            $"""
            with recursive owners (owner) as (
                select min(owner) from {tables.Outbox}
                union all
                select (select min(owner) from {tables.Outbox} where owner > owners.owner) from owners
                where owners.owner is not null)
            select owner from owners where owner <> $1
                and not exists (select from {tables.Leases} lease where lease.owner = owners.owner and until > clock_timestamp())
            """,
            owner);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var found = new List<long>();
        while (await reader.ReadAsync(cancellation))
        {
            found.Add(reader.GetInt64(0));
        }

        return found;
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
        var command = database.CreateCommand(sql);
        foreach (var argument in arguments)
        {
            command.Parameters.Add(new() { Value = argument });
        }

        return command;
    }
}

/// <summary>An outbox row about to be published.</summary>
sealed record RelayRow(DateTime DueAt, long Seq, Guid MessageId, string Exchange, string Headers, byte[] Body, DateTimeOffset CreatedAt);

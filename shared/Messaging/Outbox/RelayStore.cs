using Npgsql;

namespace Shop.Messaging;

/// <summary>
/// The outbox as its relay sees it: the rows that carry its owner number, which <see cref="RelayLease"/> is about. Each statement is
/// independent: none needs a session, and none waits for a locked row.
/// </summary>
sealed class RelayStore(NpgsqlDataSource database, MessagingTables tables, long owner)
{
    const int Step = 10_000;

    // A confirmation within this time moves no deadline.
    const string Promptness = "1 second";
    const string FirstPause = "1 second";
    const string LongestPause = "30 seconds";

    /// <summary>
    /// Our rows that may go out now: immediate ones in the order of their insertion, then those that were scheduled for a
    /// time that has come, so many of each that neither kind waits for the other.
    /// </summary>
    /// <param name="except">Rows that are out, or wait, though the table does not say so yet.</param>
    /// <param name="deadlines">False: none of those that count from a confirmation.</param>
    public async Task<IReadOnlyList<RelayRow>> Due(
        int limit, IReadOnlyCollection<long> except, bool deadlines, CancellationToken cancellation)
    {
        const string Columns = "due_at, seq, message_id, exchange, headers, body, created_at";
        // now() and not clock_timestamp(), which no index can be searched for.
        await using var command = database.Command(
            $"""
            (select {Columns} from {tables.Outbox}
             where owner = $1 and due_at = '-infinity' and seq <> all ($3) order by seq limit $2)
            union all
            (select {Columns} from {tables.Outbox} late
             where owner = $1 and due_at > '-infinity' and due_at <= now() and seq <> all ($3)
                and (patience is null or $4 and not exists (select from {tables.Outbox} where deadline = late.message_id))
             order by due_at, seq limit $2)
            """,
            owner,
            limit,
            except.ToArray(),
            deadlines);
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

    /// <summary>
    /// Forgets what the broker has confirmed, and lets the deadlines of what was confirmed late count from now. A crash before this
    /// publishes it twice; the inbox drops the second.
    /// </summary>
    /// <returns>Those of them that are not ours any more. The others are locked by somebody: ask again.</returns>
    public Task<IReadOnlySet<long>> Delete(IReadOnlyCollection<RelayRow> rows, CancellationToken cancellation) =>
        Change(
            $"""
            with done as materialized (
                select o.ctid, o.deadline, o.created_at < now() - interval '{Promptness}' as late from {tables.Outbox} o, unnest($2, $3) as row (due_at, seq)
                where o.owner = $1 and o.due_at = row.due_at and o.seq = row.seq
                for update of o skip locked),
            started as materialized (
                select ctid, message_id from {tables.Outbox}
                where due_at > '-infinity' and patience is not null and message_id = any (array(select deadline from done where late and deadline is not null))
                for update skip locked),
            moved as (
                update {tables.Outbox} o set due_at = greatest(o.due_at, now() + patience) from started where o.ctid = started.ctid)
            delete from {tables.Outbox} o using done where o.ctid = done.ctid and (
                not late or done.deadline is null or done.deadline in (select message_id from started)
                or not exists (select from {tables.Outbox} where due_at > '-infinity' and message_id = done.deadline))
            returning o.seq
            """,
            rows,
            cancellation);

    /// <summary>
    /// Lets rows the broker did not take wait, so that they hold up no others: half as long as the broker has refused them, within
    /// bounds.
    /// </summary>
    /// <returns>Those of them that wait now, or are not ours any more. The others are locked by somebody: ask again.</returns>
    public Task<IReadOnlySet<long>> Postpone(IReadOnlyCollection<RelayRow> rows, CancellationToken cancellation) =>
        Change(
            $"""
            with refused as materialized (
                select o.ctid from {tables.Outbox} o, unnest($2, $3) as row (due_at, seq)
                where o.owner = $1 and o.due_at = row.due_at and o.seq = row.seq
                for update of o skip locked)
            update {tables.Outbox} o set
                refused_since = coalesce(refused_since, now()),
                due_at = now() + greatest(interval '{FirstPause}', least(interval '{LongestPause}', (now() - coalesce(refused_since, now())) / 2))
            from refused where o.ctid = refused.ctid
            returning o.seq
            """,
            rows,
            cancellation);

    /// <summary>
    /// Moves deadlines on whose time has come though what they count from is not out: they would be looked at again and
    /// again.
    /// </summary>
    public Task PutOffDeadlines(CancellationToken cancellation) =>
        database.Execute(
            $"""
            with early as materialized (
                select ctid from {tables.Outbox} late
                where owner = $1 and due_at > '-infinity' and due_at <= now() and patience is not null
                    and exists (select from {tables.Outbox} where deadline = late.message_id)
                limit {Step} for update skip locked)
            update {tables.Outbox} o set due_at = now() + patience from early where o.ctid = early.ctid
            """,
            cancellation,
            owner);

    /// <summary>Our rows that should be out.</summary>
    public async Task<long> CountOverdue(CancellationToken cancellation) => (await database.Numbers(
        $"select count(*) from {tables.Outbox} where owner = $1 and (due_at <= now() or refused_since is not null)",
        cancellation,
        owner))[0];

    async Task<IReadOnlySet<long>> Change(string sql, IReadOnlyCollection<RelayRow> rows, CancellationToken cancellation)
    {
        if (rows.Count == 0)
        {
            return new HashSet<long>();
        }

        object[] arguments = [owner, rows.Select(row => row.DueAt).ToArray(), rows.Select(row => row.Seq).ToArray()];
        var changed = new HashSet<long>(await database.Numbers(sql, cancellation, arguments));
        if (changed.Count < rows.Count)
        {
            var locked = await database.Numbers(
                $"""
                select o.seq from {tables.Outbox} o, unnest($2, $3) as row (due_at, seq)
                where o.owner = $1 and o.due_at = row.due_at and o.seq = row.seq
                """,
                cancellation,
                arguments);
            changed.UnionWith(rows.Select(row => row.Seq).Except(locked));
        }

        return changed;
    }
}

/// <summary>An outbox row about to be published.</summary>
/// <param name="IsRepeated">True if it may have been published before.</param>
sealed record RelayRow(
    DateTime DueAt, long Seq, Guid MessageId, string Exchange, string Headers, byte[] Body, DateTimeOffset CreatedAt,
    bool IsRepeated = false);

using Npgsql;

namespace Shop.Messaging;

/// <summary>
/// Assigns outbox rows to replicas. Each replica publishes the rows it wrote itself: they have its owner number, and while it can publish,
/// it renews a lease under that number. When the lease has run out by the database's clock, the first replica that sees it takes the rows.
/// </summary>
/// <remarks>
/// The owner number in the row is the fencing token. A replica that stood still past its lease may publish once more what it had read
/// before, which the receivers' inboxes drop; but it cannot delete or postpone what is another's now.
/// </remarks>
sealed class RelayLease(NpgsqlDataSource database, MessagingTables tables, long owner)
{
    /// <summary>How long a replica that stands still keeps its rows.</summary>
    public static readonly TimeSpan LeaseTime = TimeSpan.FromSeconds(10);

    const int Step = 10_000;

    /// <summary>Takes the lease, or renews it.</summary>
    public Task Hold(CancellationToken cancellation) =>
        database.Execute(
            $"""
            insert into {tables.Leases} as lease (owner, until) values ($1, clock_timestamp() + $2)
            on conflict (owner) do update set until = excluded.until
            """,
            cancellation,
            owner,
            LeaseTime);

    /// <summary>Ends the lease, so that the other replicas need not wait.</summary>
    public Task Release(CancellationToken cancellation) =>
        database.Execute($"delete from {tables.Leases} where owner = $1", cancellation, owner);

    /// <summary>Forgets leases that ended long ago and left nothing.</summary>
    public Task ForgetEnded(CancellationToken cancellation) =>
        database.Execute(
            $"""
            delete from {tables.Leases} lease where until < now() - interval '1 hour'
                and not exists (select from {tables.Outbox} where owner = lease.owner)
            """,
            cancellation);

    /// <summary>Makes some rows of replicas that are gone our own, oldest first.</summary>
    /// <param name="seqs">Gets the numbers of these rows.</param>
    /// <returns>How many rows that were; none only if there are none left.</returns>
    public async Task<int> Adopt(ISet<long> seqs, CancellationToken cancellation)
    {
        var adopted = 0;
        foreach (var gone in await OwnersWithoutLease(cancellation))
        {
            // A replica of the release before has no lease, but holds the advisory lock of its number while it lives.
            var rows = await database.Numbers(
                $"""
                with ended as materialized (
                    select from (select) replica left join {tables.Leases} lease on lease.owner = $2
                    where case when until is null then pg_try_advisory_xact_lock($2) else until < clock_timestamp() end)
                update {tables.Outbox} set owner = $1
                where exists (select from ended) and (owner, due_at, seq) in (
                    select owner, due_at, seq from {tables.Outbox} where owner = $2 order by due_at, seq limit {Step}
                    for update skip locked)
                returning seq
                """,
                cancellation,
                owner,
                gone);
            seqs.UnionWith(rows);
            adopted += rows.Count;
        }

        return adopted;
    }

    // Jumps from owner to owner along the primary key instead of reading every row.
    Task<IReadOnlyList<long>> OwnersWithoutLease(CancellationToken cancellation) =>
        database.Numbers(
            $"""
            with recursive owners (owner) as (
                select min(owner) from {tables.Outbox}
                union all
                select (select min(owner) from {tables.Outbox} where owner > owners.owner) from owners
                where owners.owner is not null)
            select owner from owners where owner <> $1
                and not exists (select from {tables.Leases} lease where lease.owner = owners.owner and until > clock_timestamp())
            """,
            cancellation,
            owner);
}

using Shop.Messaging.Tests.Bank;
using Shop.Support;

namespace Shop.Messaging.Tests;

/// <summary>The outbox table as one relay sees it, without a broker.</summary>
public sealed class RelayStoreTests(TestServers servers)
{
    const long Owner = 1;
    const long DeadOwner = 2;

    static readonly MessagingTables _tables = new(
        "bank.inbox", "bank.outbox", "bank.outbox_leases", "bank.dead_letters", "bank.message_accounts");

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_backlog_does_not_keep_due_schedules_waiting()
    {
        await using var bank = await BankScenario.Open(servers);
        await using var database = bank.DataSource();
        var store = new RelayStore(database, _tables, Owner);
        await bank.Sql.Execute(Insert(Owner, "'-infinity'", count: 30));
        await bank.Sql.Execute(Insert(Owner, "now() - interval '1 second'", count: 1));
        await bank.Sql.Execute(Insert(Owner, "now() + interval '1 hour'", count: 1));

        var due = await store.Due(limit: 10, [], deadlines: true, Cancellation);

        Assert.Equal(1, due.Count(row => row.DueAt > DateTime.MinValue));
        Assert.InRange(due.Count, 10, 11);
    }

    [Fact]
    public async Task Rows_that_are_not_due_are_not_even_read()
    {
        await using var bank = await BankScenario.Open(servers);
        await using var database = bank.DataSource();
        var store = new RelayStore(database, _tables, Owner);
        await bank.Sql.Execute(Insert(Owner, "now() + interval '1 hour'", count: 20_000));
        await bank.Sql.Execute(Insert(Owner, "now() - interval '1 second'", count: 3));
        await bank.Sql.Execute("analyze bank.outbox");
        var before = await bank.Sql.Scalar<long>(RowsRead);

        Assert.Equal(3, (await store.Due(limit: 10, [], deadlines: true, Cancellation)).Count);

        await database.DisposeAsync();
        await Wait.Until(
            () => bank.Sql.Scalar<long>(RowsRead), after => after > before, "statistics of the index");
        Assert.InRange(await bank.Sql.Scalar<long>(RowsRead) - before, 1, 100);
    }

    [Fact]
    public async Task The_rows_of_a_replica_are_adopted_in_steps_once_its_lease_has_ended_and_never_before()
    {
        await using var bank = await BankScenario.Open(servers);
        await using var database = bank.DataSource();
        var store = new RelayStore(database, _tables, Owner);
        var lease = new RelayLease(database, _tables, Owner);
        var gone = new RelayLease(database, _tables, DeadOwner);
        await bank.Sql.Execute(Insert(DeadOwner, "'-infinity'", count: 25_000));
        await gone.Hold(Cancellation);
        Assert.Equal(0, await lease.Adopt(new HashSet<long>(), Cancellation));
        await bank.Sql.Execute("update bank.outbox_leases set until = clock_timestamp() - interval '1 millisecond'");

        List<int> steps = [];
        while (await lease.Adopt(new HashSet<long>(), Cancellation) is > 0 and var adopted)
        {
            steps.Add(adopted);
        }

        Assert.Equal(25_000, steps.Sum());
        Assert.InRange(steps.Max(), 1, 10_000);
        var due = await store.Due(limit: 100, [], deadlines: true, Cancellation);
        Assert.Equal(due.Select(row => row.Seq).Order(), due.Select(row => row.Seq));
        Assert.Equal(1, due[0].Seq);
    }

    [Fact]
    public async Task A_replica_that_wakes_up_after_its_lease_can_neither_delete_nor_postpone_what_is_anothers()
    {
        await using var bank = await BankScenario.Open(servers);
        await using var database = bank.DataSource();
        var (store, sleeper) = (new RelayStore(database, _tables, Owner), new RelayStore(database, _tables, DeadOwner));
        var (lease, sleepers) = (new RelayLease(database, _tables, Owner), new RelayLease(database, _tables, DeadOwner));
        await bank.Sql.Execute(Insert(DeadOwner, "'-infinity'", count: 2));
        await sleepers.Hold(Cancellation);
        var read = await sleeper.Due(limit: 10, [], deadlines: true, Cancellation);
        await bank.Sql.Execute("update bank.outbox_leases set until = clock_timestamp() - interval '1 millisecond'");
        await lease.Hold(Cancellation);
        Assert.Equal(2, await lease.Adopt(new HashSet<long>(), Cancellation));

        await sleeper.Delete([read[0]], Cancellation);
        await sleeper.Postpone([read[1]], Cancellation);
        await sleepers.Hold(Cancellation);

        Assert.Equal(2, (await store.Due(limit: 10, [], deadlines: true, Cancellation)).Count);
        Assert.Equal(0, await sleepers.Adopt(
            new HashSet<long>(), Cancellation) + (await sleeper.Due(limit: 10, [], deadlines: true, Cancellation)).Count);
    }

    [Fact]
    public async Task What_the_broker_refuses_waits_longer_each_time_and_is_overdue_all_the_while()
    {
        await using var bank = await BankScenario.Open(servers);
        await using var database = bank.DataSource();
        var store = new RelayStore(database, _tables, Owner);
        await bank.Sql.Execute(Insert(Owner, "'-infinity'", count: 2));
        await bank.Sql.Execute(Insert(Owner, "now() + interval '1 hour'", count: 1));
        var pauses = new List<double>();
        foreach (var (refusedFor, wasLocked) in new[] { ("0 seconds", true), ("20 seconds", false), ("1 day", false) })
        {
            await bank.Sql.Execute(
                $"update bank.outbox set due_at = now(), refused_since = now() - interval '{refusedFor}' where refused_since is not null");
            var rows = await store.Due(limit: 10, [], deadlines: true, Cancellation);
            Assert.Equal(2, rows.Count);
            if (wasLocked)
            {
                await using (await bank.Sql.Locked($"select from bank.outbox where seq = {rows[0].Seq} for update"))
                {
                    Assert.Equal([rows[1].Seq], await store.Postpone(rows, Cancellation));
                    Assert.Equal([rows[0].Seq], (await store.Due(limit: 10, [], deadlines: true, Cancellation)).Select(row => row.Seq));
                    Assert.Empty(await store.Due(limit: 10, [rows[0].Seq], deadlines: true, Cancellation));
                }
            }

            await store.Postpone(rows, Cancellation);
            Assert.Empty(await store.Due(limit: 10, [], deadlines: true, Cancellation));
            pauses.Add(await bank.Sql.Scalar<double>(
                "select extract(epoch from max(due_at) - now())::float8 from bank.outbox where refused_since is not null"));
        }

        Assert.InRange(pauses[0], 0, 1);
        Assert.InRange(pauses[1], 8, 10.1);
        Assert.InRange(pauses[2], 28, 30);
        Assert.Equal(2, await store.CountOverdue(Cancellation));
        Assert.InRange(await bank.Sql.Scalar<double>(Sql("shop.outbox.age")), 24 * 3600, 25 * 3600);
        var violation = Assert.Single(await bank.Sql.Column<string>($"select found from ({Drains}) as rule (subject, expected, found)"));
        Assert.StartsWith("2 messages", violation, StringComparison.Ordinal);
    }

    static string Sql(string gauge) => MessagingInvariants.Gauges("bank").Single(candidate => candidate.Name == gauge).Sql;

    static string Drains =>
        MessagingInvariants.Rules("bank", TimeSpan.FromMinutes(1)).Single(rule => rule.Name == "outbox-drains").Violations;

    /// <summary>The previous release has no leases, and holds the advisory lock of its number instead.</summary>
    [Fact]
    public async Task The_rows_of_a_replica_of_the_release_before_are_adopted_once_its_session_has_ended()
    {
        await using var bank = await BankScenario.Open(servers);
        await using var database = bank.DataSource();
        var lease = new RelayLease(database, _tables, Owner);
        await lease.Hold(Cancellation);
        await bank.Sql.Execute(Insert(DeadOwner, "'-infinity'", count: 3));

        await using (await bank.Sql.Locked($"select pg_advisory_xact_lock({DeadOwner})"))
        {
            Assert.Equal(0, await lease.Adopt(new HashSet<long>(), Cancellation));
        }

        Assert.Equal(3, await Wait.Until(() => lease.Adopt(new HashSet<long>(), Cancellation), adopted => adopted > 0, "an adoption"));
    }

    const string RowsRead =
        "select coalesce(sum(idx_tup_read), 0)::bigint from pg_stat_user_indexes where relname = 'outbox'";

    static string Insert(long owner, string dueAt, int count) =>
        $$"""
        insert into bank.outbox (owner, due_at, message_id, exchange, headers, body)
        select {{owner}}, {{dueAt}}, gen_random_uuid(), 'nowhere', '{}', '' from generate_series(1, {{count}})
        """;
}

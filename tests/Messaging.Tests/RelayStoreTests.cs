using Npgsql;
using Shop.Messaging.Tests.Bank;
using Shop.Support;

namespace Shop.Messaging.Tests;

/// <summary>The outbox table as one relay sees it, without a broker.</summary>
public sealed class RelayStoreTests(TestServers servers)
{
    const long Owner = 1;
    const long DeadOwner = 2;

    static readonly MessagingTables _tables = new("bank.inbox", "bank.outbox", "bank.dead_letters");

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_backlog_does_not_keep_due_schedules_waiting()
    {
        await using var bank = await BankScenario.Open(servers);
        await using var database = bank.DataSource();
        await using var store = await RelayStore.Open(database, _tables, Owner, Cancellation);
        await bank.Sql.Execute(Insert(Owner, "'-infinity'", count: 30));
        await bank.Sql.Execute(Insert(Owner, "now() - interval '1 second'", count: 1));
        await bank.Sql.Execute(Insert(Owner, "now() + interval '1 hour'", count: 1));

        var due = await store.Due(limit: 10, Cancellation);

        Assert.Equal(1, due.Count(row => row.DueAt > DateTime.MinValue));
        Assert.InRange(due.Count, 10, 11);
    }

    [Fact]
    public async Task Rows_that_are_not_due_are_not_even_read()
    {
        await using var bank = await BankScenario.Open(servers);
        await using var database = bank.DataSource();
        await using var store = await RelayStore.Open(database, _tables, Owner, Cancellation);
        await bank.Sql.Execute(Insert(Owner, "now() + interval '1 hour'", count: 20_000));
        await bank.Sql.Execute(Insert(Owner, "now() - interval '1 second'", count: 3));
        await bank.Sql.Execute("analyze bank.outbox");
        var before = await bank.Sql.Scalar<long>(RowsRead);

        Assert.Equal(3, (await store.Due(limit: 10, Cancellation)).Count);

        await store.DisposeAsync();
        await database.DisposeAsync();
        await Wait.Until(
            () => bank.Sql.Scalar<long>(RowsRead), after => after > before, "statistics of the index");
        Assert.InRange(await bank.Sql.Scalar<long>(RowsRead) - before, 1, 100);
    }

    [Fact]
    public async Task The_rows_of_a_dead_replica_are_adopted_in_steps_and_those_of_a_living_one_never()
    {
        await using var bank = await BankScenario.Open(servers);
        await using var database = bank.DataSource();
        await using var store = await RelayStore.Open(database, _tables, Owner, Cancellation);
        await bank.Sql.Execute(Insert(DeadOwner, "'-infinity'", count: 25_000));
        await using (await RelayStore.Open(database, _tables, DeadOwner, Cancellation))
        {
            Assert.Equal(0, await store.Adopt(Cancellation));
        }

        List<int> steps = [await Wait.Until(() => store.Adopt(Cancellation), adopted => adopted > 0, "an adoption")];
        while (await store.Adopt(Cancellation) is > 0 and var adopted)
        {
            steps.Add(adopted);
        }

        Assert.Equal(25_000, steps.Sum());
        Assert.InRange(steps.Max(), 1, 10_000);
        var due = await store.Due(limit: 100, Cancellation);
        Assert.Equal(due.Select(row => row.Seq).Order(), due.Select(row => row.Seq));
        Assert.Equal(1, due[0].Seq);
    }

    [Fact]
    public async Task A_store_whose_connection_broke_gives_its_place_in_the_pool_back()
    {
        await using var bank = await BankScenario.Open(servers);
        await using var database = bank.DataSource(maxPoolSize: 1);
        for (var times = 0; times < 3; times++)
        {
            await using var store = await RelayStore.Open(database, _tables, Owner, Cancellation);
            await bank.Sql.Execute("select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and granted");
            await Assert.ThrowsAnyAsync<NpgsqlException>(() => store.Due(limit: 10, Cancellation));
        }
    }

    const string RowsRead =
        "select coalesce(sum(idx_tup_read), 0)::bigint from pg_stat_user_indexes where relname = 'outbox'";

    static string Insert(long owner, string dueAt, int count) =>
        $$"""
        insert into bank.outbox (owner, due_at, message_id, exchange, headers, body)
        select {{owner}}, {{dueAt}}, gen_random_uuid(), 'nowhere', '{}', '' from generate_series(1, {{count}})
        """;
}

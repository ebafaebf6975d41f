using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Shop.Messaging.Tests.Bank;
using Shop.Support;

namespace Shop.Messaging.Tests;

/// <summary>
/// A deadline limits the wait for another service, so it counts from when the broker has confirmed the message it belongs to.
/// </summary>
public sealed class DeadlineTests(TestServers servers)
{
    const long Owner = 1;

    static readonly MessagingTables _tables = new(
        "bank.inbox", "bank.outbox", "bank.outbox_leases", "bank.dead_letters", "bank.message_accounts");

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task While_a_command_is_not_out_its_deadline_does_not_fire_and_then_it_has_its_whole_time()
    {
        await using var bank = await BankScenario.Open(servers);
        var replica = await bank.Start("one");
        var (depositId, patience) = (Guid.NewGuid(), TimeSpan.FromSeconds(3));

        await replica.Writes.Run(async unit =>
        {
            // No queue receives notes yet.
            await unit.Publish(new Note("command", 1));
            await unit.Publish(new Announced("no command"));
            await unit.Schedule(Replica.Accounts, new Deposit(depositId, bank.AccountId, 1), patience);
            return true;
        });
        await Wait.Until(
            () => bank.Sql.Scalar<bool>($"select bool_and(created_at < now() - interval '5 seconds') from bank.outbox"),
            "a time longer than the deadline");
        Assert.Empty(await bank.Sql.Subjects("deposit"));

        var received = await bank.Broker.Tap(RawBroker.ExchangeOf<Note>());
        await Wait.Until(() => received.Count == 1, "the command");
        var clock = Stopwatch.StartNew();
        await bank.HandledOnce([depositId], "deposit");
        Assert.InRange(clock.Elapsed, patience - TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1));
        Assert.Equal(0, await bank.Sql.CountOutbox());
    }

    [Fact]
    public async Task A_deadline_can_be_taken_back_while_its_command_waits()
    {
        await using var bank = await BankScenario.Open(servers);
        var replica = await bank.Start("one");
        var token = await replica.Writes.Run(async unit =>
        {
            await unit.Publish(new Note("command", 1));
            return await unit.Schedule(Replica.Accounts, new Deposit(Guid.NewGuid(), bank.AccountId, 1), TimeSpan.FromMilliseconds(100));
        });

        await replica.Unschedule(token);

        var received = await bank.Broker.Tap(RawBroker.ExchangeOf<Note>());
        await Wait.Until(async () => received.Count == 1 && await bank.Sql.CountOutbox() == 0, "the command out and nothing left");
    }

    [Fact]
    public async Task After_an_outage_the_answers_that_waited_as_long_come_before_the_deadline()
    {
        await using var bank = await BankScenario.Open(servers);
        var replica = await bank.Start("one");
        var depositId = Guid.NewGuid();
        await replica.Schedule(Replica.Accounts, new Deposit(depositId, bank.AccountId, 1), TimeSpan.FromSeconds(2));
        await servers.KillBroker();
        var clock = Stopwatch.StartNew();
        await Wait.Until(() => bank.Sql.CountDue(), due => due == 1, "the deadline passed");
        await Wait.Until(() => Relay(replica).Problem is not null && clock.Elapsed > TimeSpan.FromSeconds(6), "an outage");

        await servers.StartBroker();
        await Wait.Until(() => Relay(replica).Problem is null, "the broker back");
        clock.Restart();
        await bank.HandledOnce([depositId], "deposit");

        Assert.InRange(clock.Elapsed, TimeSpan.FromSeconds(3), TimeSpan.FromMinutes(1));
    }

    [Fact]
    public async Task What_is_confirmed_late_moves_its_deadline_unless_somebody_holds_that_and_then_it_waits_itself()
    {
        await using var bank = await BankScenario.Open(servers);
        await using var database = bank.DataSource();
        var store = new RelayStore(database, _tables, Owner);
        await Insert(bank, age: "10 minutes", patience: "15 minutes");

        var rows = await store.Due(limit: 10, [], deadlines: true, Cancellation);
        await using (await bank.Sql.Locked("select from bank.outbox where patience is not null for update"))
        {
            Assert.Empty(await store.Delete(rows, Cancellation));
            Assert.Equal(2, await bank.Sql.CountOutbox());
        }

        Assert.Equal([rows[0].Seq], await store.Delete(rows, Cancellation));
        Assert.InRange(await bank.Sql.Scalar<double>(DueIn), 14.9 * 60, 15 * 60);
        Assert.Equal([rows[0].Seq], await store.Delete(rows, Cancellation));
    }

    [Fact]
    public async Task What_is_confirmed_at_once_leaves_its_deadline_as_it_is()
    {
        await using var bank = await BankScenario.Open(servers);
        await using var database = bank.DataSource();
        var store = new RelayStore(database, _tables, Owner);
        // The range allows for the time that the test itself takes.
        await Insert(bank, age: "-1 minute", patience: "15 minutes");
        var before = await bank.Sql.Scalar<DateTime>("select due_at from bank.outbox where patience is not null");

        await store.Delete(await store.Due(limit: 10, [], deadlines: true, Cancellation), Cancellation);

        Assert.Equal(before, await bank.Sql.Scalar<DateTime>("select due_at from bank.outbox"));
    }

    [Fact]
    public async Task Deadlines_whose_time_comes_before_their_command_is_out_are_moved_on_and_hold_up_none_that_count()
    {
        await using var bank = await BankScenario.Open(servers);
        await using var database = bank.DataSource();
        var store = new RelayStore(database, _tables, Owner);
        await Insert(bank, age: "20 minutes", patience: "15 minutes");
        await bank.Sql.Execute(
            """
            insert into bank.outbox (owner, due_at, message_id, exchange, headers, body, patience)
            values (1, now() - interval '1 second', gen_random_uuid(), 'of a command that is out', '{}', '', interval '1 minute'),
                (1, now() - interval '1 second', gen_random_uuid(), 'of the release before', '{}', '', null)
            """);

        Assert.Equal(
            ["command", "of a command that is out", "of the release before"],
            (await store.Due(limit: 10, [], deadlines: true, Cancellation)).Select(row => row.Exchange));
        Assert.Equal(
            ["command", "of the release before"], (await store.Due(limit: 10, [], deadlines: false, Cancellation)).Select(
                row => row.Exchange));

        await store.PutOffDeadlines(Cancellation);

        Assert.InRange(await bank.Sql.Scalar<double>(DueIn + " and exchange = 'deadline'"), 14.9 * 60, 15 * 60);
        Assert.Equal(2, await bank.Sql.CountDue() - 1);
    }

    static Relay<BankDbContext> Relay(Replica replica) => replica.Services.GetRequiredService<Relay<BankDbContext>>();

    const string DueIn = "select extract(epoch from due_at - now())::float8 from bank.outbox where patience is not null";

    static Task<int> Insert(BankScenario bank, string age, string patience) => bank.Sql.Execute(
        $$"""
        with deadline as (
            insert into bank.outbox (owner, due_at, message_id, exchange, headers, body, created_at, patience)
            values ({{Owner}}, clock_timestamp() - interval '{{age}}' + interval '{{patience}}', gen_random_uuid(), 'deadline', '{}', '', clock_timestamp() - interval '{{age}}', '{{patience}}')
            returning message_id)
        insert into bank.outbox (owner, due_at, message_id, exchange, headers, body, created_at, deadline)
        select {{Owner}}, '-infinity', gen_random_uuid(), 'command', '{}', '', clock_timestamp() - interval '{{age}}', message_id from deadline
        """);
}

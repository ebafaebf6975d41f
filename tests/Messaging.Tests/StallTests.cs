using Shop.Hosting;
using Shop.Messaging.Tests.Bank;
using Shop.Support;
using Shop.Support.Metrics;

namespace Shop.Messaging.Tests;

/// <summary>
/// Somebody holds a lock for long: a person, a migration, a replica that stands still. Work that needs it waits, and goes on by itself.
/// Other work does not notice. No message is given up.
/// </summary>
public sealed class StallTests(TestServers servers)
{
    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_row_that_somebody_holds_locked_holds_up_those_who_need_it_and_nobody_else()
    {
        await using var bank = await BankScenario.Open(servers);
        var replica = await bank.Start("one");
        var free = await OpenAccount(bank);
        // There are more messages than an endpoint takes at once, and they must not block others.
        var (waiting, served) = (BankScenario.NewIds(600), BankScenario.NewIds(50));

        await using (await Locked(bank, bank.AccountId))
        {
            await bank.SendAll(Replica.Accounts, Deposits(waiting, bank.AccountId));
            await bank.SendAll(Replica.Accounts, Deposits(served, free));
            await bank.Handled("statement", served);
            Assert.Equal(0, await bank.Sql.Balance(bank.AccountId));
            await Wait.Until(() => replica.Log.Lines.Any(line => line.Contains("was postponed")), "word of what waits");
        }

        await bank.HandledOnce([.. waiting, .. served], "deposit", "statement");
        Assert.Equal(waiting.Count, await bank.Sql.Balance(bank.AccountId));
    }

    [Fact]
    public async Task A_write_that_needs_a_locked_row_waits_and_its_neighbours_do_not()
    {
        await using var bank = await BankScenario.Open(servers);
        var replica = await bank.Start("one");
        var free = await OpenAccount(bank);
        Task<Guid> waiting;

        await using (await Locked(bank, bank.AccountId))
        {
            waiting = Add(replica, bank.AccountId);
            await Task.WhenAll(Add(replica, free), Add(replica, free));
            Assert.False(waiting.IsCompleted);
        }

        await waiting;
        Assert.Equal((1, 2), (await bank.Sql.Balance(bank.AccountId), await bank.Sql.Balance(free)));
    }

    [Fact]
    public async Task A_write_is_told_when_the_row_stays_locked()
    {
        await using var bank = await BankScenario.Open(servers);
        var replica = await bank.Start("one");
        await using var _ = await Locked(bank, bank.AccountId);

        var error = await Assert.ThrowsAnyAsync<Exception>(() => Add(replica, bank.AccountId));

        Assert.Equal((Failure.Passing, true), (Failures.Of(error), Failures.IsHeldUp(error)));
    }

    /// <summary>The gate simulates a process that is frozen, or has lost its power, between two statements.</summary>
    [Fact]
    public async Task A_replica_that_stands_still_in_a_transaction_loses_its_locks_and_has_its_effect_once_when_it_goes_on()
    {
        await using var bank = await BankScenario.Open(servers);
        var frozen = await bank.Start("frozen");
        var gate = Guid.NewGuid();
        var standing = frozen.Writes.Run(rows => rows.Lock<Account>(bank.AccountId), async unit =>
        {
            await frozen.Gate.Pass(gate);
            unit.Rows.Find<Account>(bank.AccountId)!.Balance += 1;
            return true;
        });
        await frozen.Gate.Reached(gate).WaitAsync(Cancellation);
        await bank.Start("other");
        var deposits = BankScenario.NewIds(20);

        await bank.SendAll(Replica.Accounts, Deposits(deposits, bank.AccountId));

        await bank.Handled("statement", deposits);
        Assert.False(standing.IsCompleted);
        frozen.Gate.Open(gate);
        await standing;
        await bank.HandledOnce(deposits, "deposit", "statement");
        Assert.Equal(deposits.Count + 1, await bank.Sql.Balance(bank.AccountId));
    }

    [Fact]
    public async Task A_frozen_process_loses_its_outbox_and_when_it_wakes_up_nothing_happens_twice()
    {
        await using var bank = await BankScenario.Open(servers);
        var child = await bank.StartChild("child");
        var owner = await Wait.Until(
            () => bank.Sql.Column<long>("select owner from bank.outbox_leases"), owners => owners is [_], "the child's lease");
        var heir = await bank.Start("heir");
        var depositId = Guid.NewGuid();
        await child.Freeze(Cancellation);
        var message = RawBroker.Message(new Deposit(depositId, bank.AccountId, 1));
        await bank.Sql.Execute(
            $$"""
            insert into bank.outbox (owner, due_at, message_id, exchange, headers, body)
            values ({{owner[0]}}, now(), '{{message.MessageId}}', '{{Replica.Accounts}}', '{"MT-MessageType":"{{message.Type}}"}',
                convert_to('{{System.Text.Encoding.UTF8.GetString(message.Body)}}', 'UTF8'))
            """);

        await bank.Handled("statement", [depositId]);

        Assert.Contains(heir.Log.Lines, line => line.Contains("Adopted"));
        await child.Resume(Cancellation);
        await Wait.Until(
            () => bank.Sql.Scalar<bool>($"select exists (select from bank.outbox_leases where owner = {owner[0]} and until > now())"),
            awake => awake,
            "the child's lease again");
        var more = BankScenario.NewIds(10);
        child.Deposit(more);
        await bank.Handled("statement", [depositId, .. more]);
        await child.Kill(Cancellation);
        await bank.HandledOnce([depositId, .. more], "deposit", "statement");
    }

    [Fact]
    public async Task A_time_limit_of_the_server_costs_time_and_no_message()
    {
        await using var bank = await BankScenario.Open(servers);
        await bank.Sql.Execute(
            "do $$ begin execute format('alter database %I set statement_timeout = ''300ms''', current_database()); end $$");
        var replica = await bank.Start("one", ("Messaging:Attempts", "1"));
        var deposits = BankScenario.NewIds(5);

        await using (await bank.Sql.Locked("lock table bank.\"Accounts\" in exclusive mode"))
        {
            await bank.SendAll(Replica.Accounts, Deposits(deposits, bank.AccountId));
            await Wait.Until(() => replica.Log.Lines.Any(line => line.Contains("was postponed")), "word of what waits");
        }

        await bank.HandledOnce(deposits, "deposit", "statement");
    }

    [Fact]
    public async Task An_error_of_the_database_that_nobody_has_thought_of_costs_time_and_no_message()
    {
        await using var bank = await BankScenario.Open(servers);
        using var readings = new MetricReadings(MessagingMetrics.MeterName);
        await bank.Start("one", ("Messaging:Attempts", "1"));
        await bank.Sql.Execute(
            """
            create function bank.refuse() returns trigger language plpgsql as $$ begin raise exception 'index is corrupt' using errcode = 'XX002'; end $$;
            create trigger refuse before update on bank."Accounts" for each row execute function bank.refuse();
            """);
        var depositId = Guid.NewGuid();

        await bank.SendAll(Replica.Accounts, Deposits([depositId], bank.AccountId));
        await Wait.Until(() => readings.Of("shop.messaging.put_off", Replica.Accounts).Sum() >= 3, "three attempts");
        Assert.InRange(readings.Now("shop.messaging.put_off.age", Replica.Accounts), 0.1, 60);
        await bank.Sql.Execute("drop trigger refuse on bank.\"Accounts\"");

        await bank.HandledOnce([depositId], "deposit", "statement");
    }

    [Fact]
    public async Task A_lane_that_gets_nowhere_makes_the_replica_unready()
    {
        using var metrics = new MessagingMetrics([]);
        var watch = new LaneWatch(metrics);
        watch.Add(new Lane("quick", TimeSpan.FromSeconds(1)));
        Assert.Equal("Healthy", (await watch.CheckHealthAsync(new(), Cancellation)).Status.ToString());

        watch.Add(new Lane("stuck", LaneWatch.StalledAfter * 2));

        var found = await watch.CheckHealthAsync(new(), Cancellation);
        Assert.Equal(("Unhealthy", "No progress: stuck."), (found.Status.ToString(), found.Description));
    }

    static Task<IAsyncDisposable> Locked(BankScenario bank, Guid accountId) =>
        bank.Sql.Locked($"select from bank.\"Accounts\" where \"AccountId\" = '{accountId}' for update");

    static async Task<Guid> OpenAccount(BankScenario bank)
    {
        var accountId = Guid.NewGuid();
        await bank.Sql.Execute($"insert into bank.\"Accounts\" (\"AccountId\", \"Balance\") values ('{accountId}', 0)");
        return accountId;
    }

    static Task<Guid> Add(Replica replica, Guid accountId) =>
        replica.Writes.Run(rows => rows.Lock<Account>(accountId), unit =>
        {
            unit.Rows.Find<Account>(accountId)!.Balance += 1;
            return Task.FromResult(accountId);
        });

    static IEnumerable<RawMessage> Deposits(IEnumerable<Guid> depositIds, Guid accountId) =>
        depositIds.Select(id => RawBroker.Message(new Deposit(id, accountId, 1)));

    sealed record Lane(string Name, TimeSpan Stalled) : IWatchedLane;
}

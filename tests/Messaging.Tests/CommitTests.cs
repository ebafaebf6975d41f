using Shop.Hosting;
using Shop.Messaging.Tests.Bank;
using Shop.Support;

namespace Shop.Messaging.Tests;

/// <summary>
/// The answer to a COMMIT may be late, lost, or a warning. A write counts as done only when it is on every disk that the server waits for.
/// If its outcome is unknown, the caller gets an error that says so.
/// </summary>
public sealed class CommitTests(TestServers servers)
{
    static readonly TimeSpan _timeLimit = TimeSpan.FromSeconds(3);

    [Fact]
    public async Task A_commit_that_waits_for_its_standby_is_told_to_nobody_and_goes_on_by_itself()
    {
        await using var bank = await BankScenario.Open(servers);
        // None of these limits ends a commit, wherever it is set.
        foreach (var limit in new[] { "statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout" })
        {
            await bank.Sql.Execute($"do $$ begin execute format('alter database %I set {limit} = ''2s''', current_database()); end $$");
        }

        var replica = await bank.Start("one", ("CommandTimeout", "2"));
        // There are more deposits than connections, and all of them need the row that the waiting commit has locked.
        var deposits = BankScenario.NewIds(60);
        Task<Guid> writing;

        await using (var standby = await servers.StandbyAway())
        {
            writing = Add(replica, bank.AccountId);
            await standby.UntilWaiting("one");
            await bank.SendAll(Replica.Accounts, Deposits(deposits, bank.AccountId));
            // The time is longer than any statement of this replica may take.
            await standby.UntilWaiting("one", seconds: 4);
            Assert.False(writing.IsCompleted);
            // The lanes and the work held up beside them leave connections to others.
            Assert.InRange((await standby.WaitingOf("one")).Count, 1, 6);
            Assert.Equal((0, 0), (await bank.Sql.Balance(bank.AccountId), await bank.Sql.CountSubjects("deposit")));
            await Wait.Until(() => replica.Log.Lines.Any(line => line.Contains("it waits for SyncRep")), "word of what is waited for");
        }

        await writing;
        await bank.HandledOnce(deposits, "deposit", "statement");
        Assert.Equal(deposits.Count + 1, await bank.Sql.Balance(bank.AccountId));
    }

    [Fact]
    public async Task A_write_whose_wait_for_the_standby_somebody_cancels_is_unknown()
    {
        await using var bank = await BankScenario.Open(servers);
        // The role's setting hides warnings, and the commit must see them nevertheless.
        await bank.Sql.Execute(
            "do $$ begin execute format('alter database %I set client_min_messages = error', current_database()); end $$");
        var replica = await bank.Start("one");
        await using var standby = await servers.StandbyAway();
        var writing = Add(replica, bank.AccountId);

        await standby.Cancel((await standby.UntilWaiting("one"))[0]);

        await Assert.ThrowsAsync<UnknownOutcomeException>(() => writing);
        // The write is there, on one disk.
        Assert.Equal(1, await bank.Sql.Balance(bank.AccountId));
    }

    [Fact]
    public async Task A_message_whose_wait_for_the_standby_somebody_cancels_is_not_acknowledged_before_the_standby_has_it()
    {
        await using var bank = await BankScenario.Open(servers);
        // The replica has no relay, so that no other commit waits.
        await bank.Build("one", withRelay: false).Start(TestContext.Current.CancellationToken);
        var deposit = Guid.NewGuid();

        await using (var standby = await servers.StandbyAway())
        {
            await bank.Broker.Send(Replica.Accounts, RawBroker.Message(new Deposit(deposit, bank.AccountId, 1)));
            await standby.Cancel((await standby.UntilWaiting("one"))[0]);
            await bank.Handled("deposit", [deposit]);
            // Its second attempt finds that it had its effect. That effect has to be on every disk too before it counts.
            await standby.UntilWaiting("one", seconds: 1);
        }

        await bank.Start("two");
        await bank.HandledOnce([deposit], "deposit", "statement");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_commit_whose_answer_is_lost_is_unknown_to_a_caller_and_done_once_for_a_message(bool connectionBreaks)
    {
        await using var bank = await BankScenario.Open(servers);
        await using var link = DatabaseLink.To(bank.Database);
        var replica = await bank.Start("one", ("Database", link.Database));
        var deposit = Guid.NewGuid();

        Lose(link, connectionBreaks);
        await Assert.ThrowsAsync<UnknownOutcomeException>(() => Add(replica, bank.AccountId));
        Assert.Equal((1, 1), (link.Lost, await bank.Sql.Balance(bank.AccountId)));

        Lose(link, connectionBreaks);
        await bank.Broker.Send(Replica.Accounts, RawBroker.Message(new Deposit(deposit, bank.AccountId, 1)));
        await bank.HandledOnce([deposit], "deposit", "statement");
        Assert.Equal((2, 2), (link.Lost, await bank.Sql.Balance(bank.AccountId)));
    }

    [Fact]
    public async Task A_server_that_falls_silent_during_a_commit_is_not_waited_for_for_ever()
    {
        await using var bank = await BankScenario.Open(servers);
        await using var link = DatabaseLink.To(bank.Database);
        // A statement that is cancelled waits for two seconds for the answer to that.
        var replica = await bank.Start("one", ("Database", $"{link.Database};Timeout=3"));

        link.LoseAnswerOfNextCommit(forAll: true);
        var writing = Add(replica, bank.AccountId);

        await Assert.ThrowsAsync<UnknownOutcomeException>(
            () => writing.WaitAsync(TimeSpan.FromSeconds(25), TestContext.Current.CancellationToken));
        link.Restore();
        await Add(replica, bank.AccountId);
        Assert.Equal(2, await bank.Sql.Balance(bank.AccountId));
    }

    [Fact]
    public async Task A_caller_who_has_waited_long_enough_hears_what_is_known_and_what_was_not_begun_is_never_done()
    {
        await using var bank = await BankScenario.Open(servers);
        var replica = await bank.Start("one");
        var (begun, waiting) = (new Held(), new Held());

        await using (var standby = await servers.StandbyAway())
        {
            var first = AddWithin(replica, bank.AccountId, begun);
            await standby.UntilWaiting("one");
            var second = AddWithin(replica, bank.AccountId, waiting);
            await Assert.ThrowsAsync<UnknownOutcomeException>(() => first);
            await Assert.ThrowsAsync<OverloadedException>(() => second);
            Assert.Equal((false, true), (begun.IsGivenBack, waiting.IsGivenBack));
        }

        await Wait.Until(() => begun.IsGivenBack, "the commit, which has gone on");
        await Add(replica, bank.AccountId);
        Assert.Equal(2, await bank.Sql.Balance(bank.AccountId));
    }

    static void Lose(DatabaseLink link, bool connectionBreaks)
    {
        if (connectionBreaks)
        {
            link.BreakAtNextCommit();
        }
        else
        {
            link.LoseAnswerOfNextCommit();
        }
    }

    static Task<Guid> Add(Replica replica, Guid accountId) =>
        replica.Writes.Run(rows => rows.Lock<Account>(accountId), unit => Add(unit, accountId));

    static Task<Guid> AddWithin(Replica replica, Guid accountId, Held held) =>
        replica.Writes.Run(rows => rows.Lock<Account>(accountId), unit => Add(unit, accountId), _timeLimit, held);

    static Task<Guid> Add(UnitOfWork<BankDbContext> unit, Guid accountId)
    {
        unit.Rows.Find<Account>(accountId)!.Balance += 1;
        return Task.FromResult(accountId);
    }

    static IEnumerable<RawMessage> Deposits(IEnumerable<Guid> depositIds, Guid accountId) =>
        depositIds.Select(id => RawBroker.Message(new Deposit(id, accountId, 1)));

    sealed class Held : IDisposable
    {
        volatile bool _isGivenBack;

        public bool IsGivenBack => _isGivenBack;

        public void Dispose() => _isGivenBack = true;
    }
}

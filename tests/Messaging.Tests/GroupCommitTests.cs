using Npgsql;
using Shop.Messaging.Tests.Bank;
using Shop.Support;

namespace Shop.Messaging.Tests;

public sealed class GroupCommitTests(TestServers servers)
{
    [Fact]
    public async Task Each_writer_gets_the_result_of_its_own_work()
    {
        await using var bank = await BankScenario.Open(servers);
        var replica = await bank.Start("one");

        var results = await Task.WhenAll(Enumerable.Range(0, 200).Select(number =>
            replica.Writes.Run(_ => Task.FromResult(number))));

        Assert.Equal(Enumerable.Range(0, 200), results);
    }

    [Fact]
    public async Task Concurrent_writers_share_transactions()
    {
        await using var bank = await BankScenario.Open(servers);
        var replica = await bank.Start("one");
        var depositIds = BankScenario.NewIds(500);
        await replica.Publish(new Deposited(Guid.NewGuid(), bank.AccountId, 0));
        using var batches = new BatchSizes(BatchSizes.Writes);

        await Task.WhenAll(depositIds.Select(id => replica.Publish(new Deposit(id, bank.AccountId, 1))));

        Assert.Equal(500, batches.Sizes.Sum());
        Assert.InRange(batches.Sizes.Count, 1, 50);
        await bank.HandledOnce(depositIds, "deposit");
    }

    [Fact]
    public async Task A_work_that_throws_publishes_nothing_and_its_neighbours_commit()
    {
        await using var bank = await BankScenario.Open(servers);
        var replica = await bank.Start("one");
        var (before, failing, after) = (Guid.NewGuid(), Guid.NewGuid(), Guid.NewGuid());
        var told = new List<Guid>();
        Func<UnitOfWork<BankDbContext>, Task<Guid>> Work(Guid depositId) => async unit =>
        {
            unit.AfterCommit(() => told.Add(depositId));
            await unit.Publish(new Deposit(depositId, bank.AccountId, 1));
            return depositId == failing ? throw new InvalidOperationException("No such customer.") : depositId;
        };

        var running = await replica.InOneBatch(Work(before), Work(failing), Work(after));

        Assert.Equal(before, await running[0]);
        Assert.Equal("No such customer.", (await Assert.ThrowsAsync<InvalidOperationException>(() => running[1])).Message);
        Assert.Equal(after, await running[2]);
        Assert.Equal([before, after], told);
        await bank.HandledOnce([before, after], "deposit", "statement");
    }

    [Fact]
    public async Task Works_that_break_the_same_constraint_fail_alone_and_each_by_its_own_error()
    {
        await using var bank = await BankScenario.Open(servers);
        var replica = await bank.Start("one");
        Func<UnitOfWork<BankDbContext>, Task<string>> Open(string name) => async unit =>
        {
            unit.Db.Accounts.Add(new() { AccountId = Guid.NewGuid(), Name = name });
            await unit.Publish(new Deposited(Guid.NewGuid(), bank.AccountId, 0));
            return name;
        };

        var running = await replica.InOneBatch(Open("Ada"), Open("Ada"), Open("Grace"));

        Assert.Equal("Ada", await running[0]);
        var error = await Assert.ThrowsAsync<PostgresException>(() => running[1]);
        Assert.Equal(PostgresErrorCodes.UniqueViolation, error.SqlState);
        Assert.Equal("Grace", await running[2]);
        await bank.Settle();
        Assert.Equal(2, (await bank.Sql.Subjects("statement")).Count);
    }

    [Fact]
    public async Task An_action_after_the_commit_that_throws_undoes_and_repeats_nothing()
    {
        await using var bank = await BankScenario.Open(servers);
        var replica = await bank.Start("one");
        var (throwing, neighbour) = (Guid.NewGuid(), Guid.NewGuid());
        var told = 0;
        Func<UnitOfWork<BankDbContext>, Task<Guid>> Work(Guid depositId) => async unit =>
        {
            unit.AfterCommit(() =>
            {
                told++;
                _ = depositId == throwing ? throw new InvalidOperationException("Nobody listens.") : true;
            });
            await unit.Publish(new Deposit(depositId, bank.AccountId, 1));
            return depositId;
        };

        var running = await replica.InOneBatch(Work(throwing), Work(neighbour));

        Assert.Equal([throwing, neighbour], await Task.WhenAll(running));
        Assert.Equal(2, told);
        Assert.Contains(replica.Log.Lines, line => line.Contains("Nobody listens."));
        await replica.Publish(new Deposited(Guid.NewGuid(), bank.AccountId, 0));
        await bank.HandledOnce([throwing, neighbour], "deposit");
        Assert.Equal(2, await bank.Sql.Balance(bank.AccountId));
    }

    [Fact]
    public async Task Writes_beyond_the_limit_of_waiting_ones_are_refused_and_the_others_kept()
    {
        await using var bank = await BankScenario.Open(servers);
        var replica = await bank.Start("one", ("Messaging:WaitingWritesMax", "3"));
        var hold = Guid.NewGuid();
        var holding = replica.Writes.Run(async _ =>
        {
            await replica.Gate.Pass(hold);
            return true;
        });
        await replica.Gate.Reached(hold);

        var accepted = Enumerable.Range(0, 3).Select(number => replica.Writes.Run(_ => Task.FromResult(number))).ToArray();
        await Assert.ThrowsAsync<OverloadedException>(() => replica.Writes.Run(_ => Task.FromResult(3)));
        replica.Gate.Open(hold);

        await holding;
        Assert.Equal(Enumerable.Range(0, 3), await Task.WhenAll(accepted));
    }
}

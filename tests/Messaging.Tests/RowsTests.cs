using Shop.Messaging.Tests.Bank;
using Shop.Support;

namespace Shop.Messaging.Tests;

/// <summary>Work declares the rows that it needs, and gets those and no others.</summary>
public sealed class RowsTests(TestServers servers)
{
    [Fact]
    public async Task A_declared_row_is_found_and_an_absent_one_is_null()
    {
        await using var bank = await BankScenario.Open(servers);
        var replica = await bank.Start("one");
        var absent = Guid.NewGuid();

        var found = await replica.Writes.Run(
            rows => rows.LockAll<Account>([bank.AccountId, absent]),
            unit => Task.FromResult((unit.Rows.Find<Account>(bank.AccountId), unit.Rows.Find<Account>(absent))));

        Assert.Equal((bank.AccountId, null), (found.Item1?.AccountId, found.Item2));
    }

    [Fact]
    public async Task Who_asks_for_a_row_that_nobody_declared_is_told_so()
    {
        await using var bank = await BankScenario.Open(servers);
        var replica = await bank.Start("one");

        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => replica.Writes.Run(
            rows => rows.Lock<Account>(Guid.NewGuid()), unit => Task.FromResult(unit.Rows.Find<Account>(bank.AccountId))));

        Assert.Contains($"Account {bank.AccountId}", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_kind_of_row_without_a_place_in_the_lock_order_is_refused()
    {
        await using var bank = await BankScenario.Open(servers);
        var replica = await bank.Start("one");

        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => replica.Writes.Run(
            rows => rows.Lock<Effect>(1L), unit => Task.FromResult(unit.Rows.Find<Effect>(1L))));

        Assert.Contains("Rows<Effect>()", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_locked_row_waits_for_its_turn_and_a_row_that_is_only_read_does_not()
    {
        await using var bank = await BankScenario.Open(servers);
        var (one, two) = (await bank.Start("one"), await bank.Start("two"));
        var gate = Guid.NewGuid();
        var holding = one.Writes.Run(rows => rows.Lock<Account>(bank.AccountId), async unit =>
        {
            await one.Gate.Pass(gate);
            return unit.Rows.Find<Account>(bank.AccountId)!.Balance += 5;
        });
        await one.Gate.Reached(gate).WaitAsync(TestContext.Current.CancellationToken);

        Assert.Equal(0, await two.Writes.Run(
            rows => rows.ReadAll<Account>([bank.AccountId]), unit => Task.FromResult(unit.Rows.Find<Account>(bank.AccountId)!.Balance)));
        var locking = two.Writes.Run(
            rows => rows.Lock<Account>(bank.AccountId), unit => Task.FromResult(unit.Rows.Find<Account>(bank.AccountId)!.Balance));
        one.Gate.Open(gate);

        Assert.Equal((5, 5), (await holding, await locking));
    }

    [Fact]
    public async Task What_a_row_leads_to_is_locked_after_it()
    {
        await using var bank = await BankScenario.Open(servers);
        var replica = await bank.Start("one");
        var transfer = Guid.NewGuid();

        var found = await replica.Writes.Run(
            rows => rows.Lock<Account>(bank.AccountId, account => rows.Lock<Transfer>(transfer)),
            unit => Task.FromResult(unit.Rows.Find<Transfer>(transfer)));

        Assert.Null(found);
    }

    [Fact]
    public async Task A_row_that_is_declared_too_late_is_refused_in_place_of_being_taken_for_absent()
    {
        await using var bank = await BankScenario.Open(servers);
        var replica = await bank.Start("one");
        await replica.Writes.Run(unit =>
        {
            unit.Rows.Add(new Transfer { CorrelationId = bank.AccountId, State = "Waiting" });
            return Task.FromResult(true);
        });
        NeededRows? kept = null;

        await Assert.ThrowsAsync<InvalidOperationException>(() => replica.Writes.Run(
            rows => rows.Lock<Transfer>(bank.AccountId, _ => rows.Lock<Account>(bank.AccountId)),
            unit => Task.FromResult(unit.Rows.Find<Account>(bank.AccountId))));
        await Assert.ThrowsAsync<InvalidOperationException>(() => replica.Writes.Run(rows => kept = rows, unit =>
        {
            kept!.Lock<Account>(bank.AccountId);
            return Task.FromResult(unit.Rows.Find<Account>(bank.AccountId));
        }));
    }

    [Fact]
    public async Task Work_finds_what_the_work_before_it_in_its_batch_has_added()
    {
        await using var bank = await BankScenario.Open(servers);
        var replica = await bank.Start("one");
        var accountId = Guid.NewGuid();

        var results = await replica.InOneBatch(rows => rows.Lock<Account>(accountId), Deposit, Deposit);

        Assert.Equal([1, 2], await Task.WhenAll(results));
        Assert.Equal(2, await bank.Sql.Balance(accountId));

        Task<decimal> Deposit(UnitOfWork<BankDbContext> unit)
        {
            var account = unit.Rows.Find<Account>(accountId);
            if (account is null)
            {
                account = new() { AccountId = accountId };
                unit.Rows.Add(account);
            }

            return Task.FromResult(account.Balance += 1);
        }
    }
}

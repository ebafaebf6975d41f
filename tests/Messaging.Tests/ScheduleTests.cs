using Shop.Messaging.Tests.Bank;
using Shop.Support;

namespace Shop.Messaging.Tests;

/// <summary>Messages for later, kept in the outbox.</summary>
public sealed class ScheduleTests(TestServers servers)
{
    static readonly TimeSpan _soon = TimeSpan.FromMilliseconds(300);
    static readonly TimeSpan _never = TimeSpan.FromDays(1);

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_message_goes_out_when_its_time_has_come_and_not_before()
    {
        await using var bank = await BankScenario.Open(servers);
        var replica = await bank.Start("one");
        var (early, late) = (Guid.NewGuid(), Guid.NewGuid());

        await replica.Schedule(Replica.Accounts, new Deposit(late, bank.AccountId, 1), _never);
        await replica.Schedule(Replica.Accounts, new Deposit(early, bank.AccountId, 1), _soon);

        await bank.HandledOnce([early], "deposit", "statement");
        Assert.Equal(1, await bank.Sql.CountOutbox());
    }

    [Fact]
    public async Task What_falls_due_while_nobody_runs_goes_out_at_the_next_start()
    {
        await using var bank = await BankScenario.Open(servers);
        var first = await bank.Start("one");
        var depositId = Guid.NewGuid();
        await first.Schedule(Replica.Accounts, new Deposit(depositId, bank.AccountId, 1), TimeSpan.FromSeconds(2));
        await first.Stop(Cancellation);
        Assert.Equal(1, await bank.Sql.CountOutbox());
        await Wait.Until(() => bank.Sql.CountDue(), due => due == 1, "the message due");
        Assert.Empty(await bank.Sql.Subjects("deposit"));

        await bank.Start("two");

        await bank.HandledOnce([depositId], "deposit", "statement");
    }

    [Fact]
    public async Task What_is_taken_back_never_goes_out_and_only_that()
    {
        await using var bank = await BankScenario.Open(servers);
        var replica = await bank.Start("one");
        var (kept, takenBack) = (Guid.NewGuid(), Guid.NewGuid());
        var token = await replica.Schedule(Replica.Accounts, new Deposit(takenBack, bank.AccountId, 1), _never);
        await replica.Schedule(Replica.Accounts, new Deposit(kept, bank.AccountId, 1), _soon);

        await replica.Unschedule(token);
        await replica.Unschedule(token);

        await bank.HandledOnce([kept], "deposit", "statement");
        Assert.Equal(0, await bank.Sql.CountOutbox());
    }

    [Fact]
    public async Task Another_replica_can_take_a_message_back()
    {
        await using var bank = await BankScenario.Open(servers);
        var (one, two) = (await bank.Start("one"), await bank.Start("two"));
        var token = await one.Schedule(Replica.Accounts, new Deposit(Guid.NewGuid(), bank.AccountId, 1), _never);

        await two.Unschedule(token);

        Assert.Equal(0, await bank.Sql.CountOutbox());
    }

    [Fact]
    public async Task What_is_scheduled_and_taken_back_in_one_transaction_is_never_written()
    {
        await using var bank = await BankScenario.Open(servers);
        var replica = await bank.Start("one");

        await replica.Writes.Run(async unit =>
        {
            unit.Unschedule(await unit.Schedule(Replica.Accounts, new Deposit(Guid.NewGuid(), bank.AccountId, 1), _never));
            return true;
        });

        Assert.Equal(0, await bank.Sql.CountOutbox());
    }

    [Fact]
    public async Task A_saga_ends_by_its_deadline_though_its_process_was_gone_when_it_passed()
    {
        await using var bank = await BankScenario.Open(servers);
        var first = await bank.Start("one");
        var transferId = Guid.NewGuid();
        await bank.Broker.Send(Replica.Transfers, RawBroker.Message(new StartTransfer(transferId, TimeSpan.FromSeconds(2))));
        await Wait.Until(() => bank.State(transferId), state => state == nameof(TransferMachine.Waiting), "the transfer waiting");
        await first.Stop(Cancellation);
        await Wait.Until(() => bank.Sql.CountDue(), due => due == 1, "the deadline passed");

        await bank.Start("two");

        await Wait.Until(() => bank.State(transferId), state => state == nameof(TransferMachine.Expired), "the transfer expired");
        await Wait.Until(bank.Sql.CountOutbox, rows => rows == 0, "the outbox empty");
    }

    [Fact]
    public async Task A_saga_that_ends_takes_its_deadline_back()
    {
        await using var bank = await BankScenario.Open(servers);
        await bank.Start("one");
        var transferId = Guid.NewGuid();
        await bank.Broker.Send(Replica.Transfers, RawBroker.Message(new StartTransfer(transferId, _never)));
        await Wait.Until(() => bank.State(transferId), state => state == nameof(TransferMachine.Waiting), "the transfer waiting");
        Assert.Equal(1, await bank.Sql.CountOutbox());

        await bank.Broker.Send(Replica.Transfers, RawBroker.Message(new EndTransfer(transferId)));

        await Wait.Until(() => bank.State(transferId), state => state == nameof(TransferMachine.Done), "the transfer done");
        Assert.Equal(0, await bank.Sql.CountOutbox());
    }
}

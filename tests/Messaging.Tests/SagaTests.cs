using Shop.Messaging.Tests.Bank;
using Shop.Support;

namespace Shop.Messaging.Tests;

/// <summary>Saga instances in shared transactions.</summary>
public sealed class SagaTests(TestServers servers)
{
    static readonly TimeSpan _never = TimeSpan.FromDays(1);

    [Fact]
    public async Task Many_messages_of_one_saga_in_one_batch_all_count()
    {
        const int Steps = 40;
        await using var bank = await BankScenario.Open(servers);
        using var batches = new BatchSizes(Replica.Transfers);
        await bank.Start("one");
        var transferId = await Started(bank);

        // The lock on the row keeps the first batch waiting until all the others have arrived behind it.
        await using (await bank.Sql.Locked($"select 1 from bank.\"Transfers\" where \"CorrelationId\" = '{transferId}' for update"))
        {
            await bank.SendAll(
                Replica.Transfers, Enumerable.Range(0, Steps).Select(_ => RawBroker.Message(new StepTransfer(transferId))));
        }

        await Wait.Until(() => bank.Steps(transferId), steps => steps == Steps, $"{Steps} steps");
        await bank.Settle();
        await bank.NoDeadLetters();
        Assert.Equal(Steps, await bank.Steps(transferId));
        Assert.Equal(Steps, (await bank.Sql.Subjects("statement")).Count);
        Assert.Contains(batches.Sizes, size => size > 1);
    }

    [Fact]
    public async Task A_step_that_fails_changes_and_publishes_nothing()
    {
        await using var bank = await BankScenario.Open(servers);
        await bank.Start("one");
        var transferId = await Started(bank);

        await bank.SendAll(Replica.Transfers, [
            RawBroker.Message(new StepTransfer(transferId)),
            RawBroker.Message(new BreakTransfer(transferId)),
            RawBroker.Message(new StepTransfer(transferId))]);

        Assert.Contains("The transfer broke.", (await bank.DeadLetter()).Reason);
        await Wait.Until(() => bank.Steps(transferId), steps => steps == 2, "two steps");
        await bank.Settle();
        Assert.Equal(2, await bank.Steps(transferId));
        Assert.Equal(2, (await bank.Sql.Subjects("statement")).Count);
    }

    [Fact]
    public async Task Two_replicas_work_on_one_saga_without_losing_a_step()
    {
        const int Steps = 200;
        await using var bank = await BankScenario.Open(servers);
        await bank.Start("one");
        await bank.Start("two");
        var transferId = await Started(bank);

        await bank.SendAll(
            Replica.Transfers, Enumerable.Range(0, Steps).Select(_ => RawBroker.Message(new StepTransfer(transferId))));

        await Wait.Until(() => bank.Steps(transferId), steps => steps == Steps, $"{Steps} steps");
        await bank.Settle();
        await bank.NoDeadLetters();
        Assert.Equal(Steps, (await bank.Sql.Subjects("statement")).Count);
    }

    static async Task<Guid> Started(BankScenario bank)
    {
        var transferId = Guid.NewGuid();
        await bank.Broker.Send(Replica.Transfers, RawBroker.Message(new StartTransfer(transferId, _never)));
        await Wait.Until(() => bank.State(transferId), state => state == nameof(TransferMachine.Waiting), "the transfer waiting");
        return transferId;
    }
}

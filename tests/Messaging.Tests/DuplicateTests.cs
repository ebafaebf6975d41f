using Shop.Messaging.Tests.Bank;
using Shop.Support;
using Shop.Support.Metrics;

namespace Shop.Messaging.Tests;

public sealed class DuplicateTests(TestServers servers)
{
    [Fact]
    public async Task Every_message_delivered_twice_has_its_effect_once()
    {
        await using var bank = await BankScenario.Open(servers);
        await bank.Start("one");
        var statements = await bank.Broker.Tap(RawBroker.ExchangeOf<Deposited>());
        var depositIds = BankScenario.NewIds(200);

        foreach (var message in depositIds.Select(id => RawBroker.Message(new Deposit(id, bank.AccountId, 1))).ToArray())
        {
            await bank.Broker.Send(Replica.Accounts, message);
            await bank.Broker.Send(Replica.Accounts, message);
        }

        await bank.Handled("statement", depositIds);
        foreach (var answer in statements)
        {
            await bank.Broker.Repeat(Replica.Statements, answer);
        }

        await bank.HandledOnce(depositIds, "deposit", "statement");
        Assert.Equal(depositIds.Count, await bank.Sql.Balance(bank.AccountId));
        Assert.Equal(depositIds.Count, statements.Count);
    }

    [Fact]
    public async Task Two_equal_messages_in_one_batch_have_their_effect_once()
    {
        await using var bank = await BankScenario.Open(servers);
        using var batches = new BatchSizes(Replica.Accounts);
        var replica = await bank.Start("one");
        var depositId = Guid.NewGuid();
        var message = RawBroker.Message(new Deposit(depositId, bank.AccountId, 1));

        await bank.InOneBatch(replica, message, message);

        await bank.HandledOnce([depositId], "deposit", "statement");
        Assert.Contains(2, batches.Sizes);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Another_message_under_the_id_of_one_that_was_handled_is_kept_and_counted_and_never_dropped(bool inOneBatch)
    {
        await using var bank = await BankScenario.Open(servers);
        using var readings = new MetricReadings(MessagingMetrics.MeterName);
        var replica = await bank.Start("one");
        var (first, second) = (Guid.NewGuid(), Guid.NewGuid());
        var message = RawBroker.Message(new Deposit(first, bank.AccountId, 1));
        var other = RawBroker.Message(new Deposit(second, bank.AccountId, 1)) with { MessageId = message.MessageId };

        if (inOneBatch)
        {
            await bank.InOneBatch(replica, message, other);
        }
        else
        {
            await bank.Broker.Send(Replica.Accounts, message);
            await bank.Handled("statement", [first]);
            await bank.Broker.Send(Replica.Accounts, other);
        }

        var letter = await bank.DeadLetter();
        Assert.Contains("Another message had its effect", letter.Reason);
        Assert.False(letter.Handled);
        Assert.Equal(1, readings.Of("shop.messaging.reused_ids", Replica.Accounts).Sum());
        Assert.Equal(0, readings.Of("shop.messaging.duplicates", Replica.Accounts).Sum());
        await bank.Broker.Send(Replica.Accounts, message);
        await replica.Replay(letter.Id, "alice");
        await bank.HandledOnce([first, second], "deposit", "statement");
        Assert.True((await bank.DeadLetter()).Handled);
    }

    [Fact]
    public async Task A_copy_of_what_the_previous_release_handled_is_a_duplicate()
    {
        await using var bank = await BankScenario.Open(servers);
        await bank.Start("one");
        var depositId = Guid.NewGuid();
        var message = RawBroker.Message(new Deposit(depositId, bank.AccountId, 1));
        await bank.Broker.Send(Replica.Accounts, message);
        await bank.Handled("statement", [depositId]);
        await bank.Sql.Execute("update bank.inbox set content = null");

        await bank.Broker.Send(Replica.Accounts, message);

        await bank.HandledOnce([depositId], "deposit", "statement");
    }

    [Fact]
    public async Task A_message_handled_by_one_replica_is_a_duplicate_to_the_other()
    {
        await using var bank = await BankScenario.Open(servers);
        var one = await bank.Start("one");
        var depositIds = BankScenario.NewIds(20);
        var messages = depositIds.Select(id => RawBroker.Message(new Deposit(id, bank.AccountId, 1))).ToArray();
        await bank.SendAll(Replica.Accounts, messages);
        await bank.Handled("statement", depositIds);
        await one.Stop(TestContext.Current.CancellationToken);

        await bank.Start("two");
        await bank.SendAll(Replica.Accounts, messages);

        await bank.HandledOnce(depositIds, "deposit", "statement");
    }
}

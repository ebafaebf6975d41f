using Shop.Messaging.Tests.Bank;
using Shop.Support;
using Shop.Support.Metrics;

namespace Shop.Messaging.Tests;

/// <summary>The messaging core counts each fact once, after its commit.</summary>
public sealed class MetricsTests(TestServers servers)
{
    [Fact]
    public async Task A_batch_that_is_rolled_back_is_not_counted_and_runs_no_action_after_commit()
    {
        await using var bank = await BankScenario.Open(servers);
        using var readings = new MetricReadings(MessagingMetrics.MeterName);
        var replica = await bank.Start("one");
        var told = 0;
        Func<UnitOfWork<BankDbContext>, Task<int>> Work(bool fails) => unit =>
        {
            unit.AfterCommit(() => told++);
            return fails ? throw new InvalidOperationException("No.") : Task.FromResult(1);
        };

        var running = await replica.InOneBatch(Work(fails: false), Work(fails: true), Work(fails: false));

        await Assert.ThrowsAsync<InvalidOperationException>(() => running[1]);
        await Task.WhenAll(running[0], running[2]);
        // One batch held the lane, and two works committed alone. These two ran twice.
        Assert.Equal([1, 1, 1], readings.Of("shop.messaging.batch.size", BatchSizes.Writes));
        Assert.Equal(2, told);
    }

    [Fact]
    public async Task A_duplicate_is_counted_when_it_is_dropped_and_no_message_before()
    {
        await using var bank = await BankScenario.Open(servers);
        using var readings = new MetricReadings(MessagingMetrics.MeterName);
        var replica = await bank.Start("one");
        var depositId = Guid.NewGuid();
        var message = RawBroker.Message(new Deposit(depositId, bank.AccountId, 1));

        await bank.InOneBatch(replica, message, message, message);

        await bank.HandledOnce([depositId], "deposit", "statement");
        Assert.Equal(2, readings.Of("shop.messaging.duplicates", Replica.Accounts).Sum());
        Assert.Equal(0, readings.Of("shop.messaging.duplicates", Replica.Statements).Sum());
        // The count has the deposit's own announcement and none of a duplicate.
        Assert.Equal(1, readings.Of("shop.messaging.published").Sum());
        Assert.Equal(0, readings.Of("shop.messaging.publish.failures").Sum());
    }

    [Fact]
    public async Task A_dead_letter_is_counted_once_whatever_the_number_of_attempts()
    {
        await using var bank = await BankScenario.Open(servers);
        using var readings = new MetricReadings(MessagingMetrics.MeterName);
        await bank.Start("one", ("Messaging:Attempts", "3"));

        await bank.Broker.Send(Replica.Accounts, RawBroker.Message(new Overdraw(Guid.NewGuid(), bank.AccountId)));

        await bank.DeadLetter();
        await Wait.Until(() => readings.Of("shop.messaging.dead_letters", Replica.Accounts).Sum() > 0, "a dead letter to be counted");
        Assert.Equal(1, readings.Of("shop.messaging.dead_letters", Replica.Accounts).Sum());
        Assert.Equal(0, readings.Of("shop.messaging.batch.size", Replica.Accounts).Sum());
    }

    [Fact]
    public async Task Counters_begin_at_zero_and_the_backlog_is_what_waits_for_the_broker()
    {
        await using var bank = await BankScenario.Open(servers);
        using var readings = new MetricReadings(MessagingMetrics.MeterName);
        var replica = await bank.Start("one");

        Assert.Equal([0], readings.Of("shop.messaging.duplicates", Replica.Transfers));
        Assert.Equal([0], readings.Of("shop.messaging.dead_letters", Replica.Transfers));
        Assert.Equal(0, readings.Now("shop.outbox.backlog"));
        await servers.StopBroker();
        try
        {
            await replica.Publish(new Deposited(Guid.NewGuid(), bank.AccountId, 0));
            await replica.Publish(new Deposited(Guid.NewGuid(), bank.AccountId, 0));

            await Wait.Until(() => readings.Now("shop.outbox.backlog") == 2, "two messages in the backlog");
        }
        finally
        {
            await servers.StartBroker();
        }

        await Wait.Until(() => readings.Now("shop.outbox.backlog") == 0, "an empty backlog");
    }

    [Fact]
    public async Task A_message_that_reaches_no_queue_is_a_failure_each_time_it_is_tried()
    {
        await using var bank = await BankScenario.Open(servers);
        using var readings = new MetricReadings(MessagingMetrics.MeterName);
        var replica = await bank.Start("one");

        await replica.Publish(new Note("one", 1));

        await Wait.Until(() => readings.Of("shop.messaging.publish.failures").Sum() >= 2, "two failures");
        Assert.Equal(0, readings.Of("shop.messaging.published").Sum());
    }
}

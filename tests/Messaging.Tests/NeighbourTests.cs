using System.Globalization;
using Shop.Messaging.Tests.Bank;
using Shop.Support;
using Shop.Support.Metrics;

namespace Shop.Messaging.Tests;

/// <summary>Others at the same broker and database: a subscriber that stops reading, a person who holds a row.</summary>
public sealed class NeighbourTests(TestServers servers)
{
    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("classic")]
    [InlineData("quorum")]
    public async Task A_full_queue_of_somebody_elses_stops_nothing_and_costs_one_more_copy(string kind)
    {
        await using var bank = await BankScenario.Open(servers);
        using var readings = new MetricReadings(MessagingMetrics.MeterName);
        var replica = await bank.Start("one");
        var received = await bank.Broker.Tap(RawBroker.ExchangeOf<Deposited>());
        await bank.Broker.FullQueue("subscriber-full", RawBroker.ExchangeOf<Deposited>(), kind);
        var depositIds = BankScenario.NewIds(50);

        await Task.WhenAll(depositIds.Select(id => replica.Publish(new Deposit(id, bank.AccountId, 1))));
        await bank.Handled("statement", depositIds);
        await Wait.Until(async () => await bank.Sql.CountOutbox() == 0, "an outbox that is empty");

        await bank.HandledOnce(depositIds, "deposit", "statement");
        Assert.Equal(depositIds.Count, received.Count);
        Assert.InRange(readings.Of("shop.messaging.refused_by_others").Sum(), depositIds.Count - 5, depositIds.Count);
        Assert.InRange(readings.Of("shop.messaging.duplicates", Replica.Statements).Sum(), 0, depositIds.Count);
        Assert.Equal(0, readings.Of("shop.messaging.duplicates.unexplained", Replica.Statements).Sum());
        Assert.Equal(0, readings.Of("shop.messaging.publish.failures").Sum());
    }

    [Fact]
    public async Task An_announcement_that_a_full_queue_refuses_is_out()
    {
        await using var bank = await BankScenario.Open(servers);
        var replica = await bank.Start("one");
        await bank.Broker.FullQueue("subscriber-full", RawBroker.ExchangeOf<Announced>(), "classic");
        var received = await bank.Broker.Tap(RawBroker.ExchangeOf<Announced>());

        for (var number = 0; number < 20; number++)
        {
            await replica.Publish(new Announced(number.ToString(CultureInfo.InvariantCulture)));
        }

        await Wait.Until(() => received.Count >= 20, "all of them at another subscriber");
        await Wait.Until(async () => await bank.Sql.CountOutbox() == 0, "an outbox that is empty");
        Assert.Equal(20, received.Count);
        await Wait.Until(
            () => replica.Log.Lines.Any(line => line.Contains("A subscriber's queue is full and refused", StringComparison.Ordinal)),
            "a warning");
    }

    [Fact]
    public async Task A_message_that_only_a_full_queue_would_get_is_kept()
    {
        await using var bank = await BankScenario.Open(servers);
        var replica = await bank.Start("one");
        await bank.Broker.FullQueue("subscriber-full", RawBroker.ExchangeOf<Note>(), "classic");

        await replica.Publish(new Note("one", 1));

        await Wait.Until(
            () => replica.Log.Lines.Any(line => line.Contains("Note:services: no queue is bound to it")), "a warning about the note");
        Assert.Equal(1, await bank.Sql.CountOutbox());
    }

    /// <summary>In the virtual host that is made as the launcher makes the shop's.</summary>
    [Theory]
    [InlineData("classic", "subscribers")]
    [InlineData("quorum", "subscribers")]
    [InlineData("stream", "subscriber-streams")]
    public async Task A_subscribers_queue_of_any_kind_is_bounded_and_ours_are_not(string kind, string policy)
    {
        await servers.StartBroker();
        foreach (var queue in new[] { "subscriber-" + kind, "ordering-" + kind })
        {
            var arguments = new Dictionary<string, object> { ["x-queue-type"] = kind };
            await servers.Manage(HttpMethod.Put, $"queues/%2F/{queue}", new { durable = true, arguments });
        }

        var queues = (await servers.Control("list_queues", "-p", "/", "--no-table-headers", "name", "policy")).Split('\n');

        Assert.Contains($"subscriber-{kind}\t{policy}", queues);
        Assert.Contains($"ordering-{kind}\t", queues);
        foreach (var queue in new[] { "subscriber-" + kind, "ordering-" + kind })
        {
            await servers.Manage(HttpMethod.Delete, $"queues/%2F/{queue}", null);
        }
    }

    [Fact]
    public async Task A_row_that_somebody_holds_locked_goes_out_once_and_so_do_all_others()
    {
        await using var bank = await BankScenario.Open(servers);
        var received = await bank.Broker.Tap(RawBroker.ExchangeOf<Note>());
        var replica = await bank.Start("one");
        await bank.Sql.Execute(
            $$"""
            insert into bank.outbox (owner, due_at, message_id, exchange, headers, body)
            select owner, now() + interval '1 second', gen_random_uuid(), '{{RawBroker.ExchangeOf<Note>()}}', '{}', '{}' from bank.outbox_leases, generate_series(1, 40)
            """);
        await using (await bank.Sql.Locked("select from bank.outbox where seq = (select min(seq) + 7 from bank.outbox) for update"))
        {
            await Wait.Until(() => received.Count >= 40, "all of them");
            await replica.Publish(new Note("behind it", 41));
            await Wait.Until(() => received.Count >= 41, "what came after them");
            await Wait.Until(async () => await bank.Sql.CountOutbox() == 1, "an outbox with the locked row alone");
            // The time has many polls, and is longer than a statement waits for the lock.
            await WaitForPolls(6);
        }

        await Wait.Until(async () => await bank.Sql.CountOutbox() == 0, "an outbox that is empty");
        Assert.Equal(41, received.Count);
        Assert.DoesNotContain(replica.Log.Lines, line => line.Contains("Messages wait in the outbox", StringComparison.Ordinal));
    }

    static async Task WaitForPolls(int seconds)
    {
        using var tick = new PeriodicTimer(TimeSpan.FromSeconds(seconds));
        await tick.WaitForNextTickAsync(Cancellation);
    }
}

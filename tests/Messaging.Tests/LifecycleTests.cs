using System.Diagnostics;
using MassTransit;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Shop.Messaging.Tests.Bank;
using Shop.Support;

namespace Shop.Messaging.Tests;

/// <summary>Starts, stops and background work.</summary>
public sealed class LifecycleTests(TestServers servers)
{
    static readonly TimeSpan _stopLimit = TimeSpan.FromSeconds(15);

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Told_to_stop_under_load_a_replica_leaves_in_time_and_loses_nothing()
    {
        await using var bank = await BankScenario.Open(servers);
        var leaving = await bank.Start("leaving");
        var depositIds = BankScenario.NewIds(3_000);
        var sending = bank.SendAll(Replica.Accounts, depositIds.Select(id => RawBroker.Message(new Deposit(id, bank.AccountId, 1))));
        await Wait.Until(() => bank.Sql.CountSubjects("deposit"), count => count >= 100, "deposits under way");

        var clock = Stopwatch.StartNew();
        await leaving.Stop(Cancellation);

        Assert.True(clock.Elapsed < _stopLimit, $"It took {clock.Elapsed}.");
        await sending;
        await bank.Start("staying");
        await bank.HandledOnce(depositIds, "deposit", "statement");
    }

    [Fact]
    public async Task Told_to_stop_while_its_database_is_away_a_replica_leaves_in_time_and_its_message_waits()
    {
        await using var bank = await BankScenario.Open(servers);
        var leaving = await bank.Start("leaving");
        var waiting = Guid.NewGuid();
        await servers.StopDatabase();
        await bank.Broker.Send(Replica.Accounts, RawBroker.Message(new Deposit(waiting, bank.AccountId, 1)));

        var clock = Stopwatch.StartNew();
        await leaving.Stop(Cancellation);

        Assert.True(clock.Elapsed < _stopLimit, $"It took {clock.Elapsed}.");
        await servers.StartDatabase();
        await bank.Start("staying");
        await bank.HandledOnce([waiting], "deposit", "statement");
    }

    [Fact]
    public async Task The_inbox_forgets_what_is_older_than_its_retention_and_nothing_else()
    {
        await using var bank = await BankScenario.Open(servers);
        var replica = await bank.Start("one", ("Messaging:InboxRetentionDays", "7"));
        var (old, fresh) = (Guid.NewGuid(), Guid.NewGuid());
        await bank.Sql.Execute(
            $"""
            insert into bank.inbox (message_id, endpoint, received_at)
            select gen_random_uuid(), 'somewhere', now() - interval '8 days' from generate_series(1, 7000);
            insert into bank.inbox (message_id, endpoint, received_at)
            values ('{old}', 'somewhere', now() - interval '7 days 1 hour'), ('{fresh}', 'somewhere', now() - interval '6 days 23 hours')
            """);
        var purge = replica.Services.GetServices<IHostedService>().OfType<Purge<BankDbContext>>().Single();
        var inbox = purge.Rules.Single(rule => rule.Table.EndsWith("inbox", StringComparison.Ordinal));

        Assert.Equal(5_000, await purge.Step(inbox, Cancellation));
        Assert.Equal(2_001, await purge.Step(inbox, Cancellation));
        Assert.Equal(0, await purge.Step(inbox, Cancellation));
        Assert.Equal([fresh], await bank.Sql.Column<Guid>("select message_id from bank.inbox"));
    }

    [Fact]
    public async Task Forgetting_reads_what_it_forgets_and_is_the_business_of_one_replica_at_a_time()
    {
        await using var bank = await BankScenario.Open(servers);
        var replica = await bank.Start("one", ("Messaging:InboxRetentionDays", "7"));
        // Every page has rows of all ages, as in a table in which new rows replace old ones.
        await bank.Sql.Execute(
            """
            insert into bank.inbox (message_id, endpoint, received_at)
            select gen_random_uuid(), 'somewhere', now() - interval '6 days' * (row * 7919 % 100000) / 100000 from generate_series(1, 100000) as row;
            insert into bank.inbox (message_id, endpoint, received_at)
            select gen_random_uuid(), 'somewhere', now() - interval '8 days' from generate_series(1, 100)
            """);
        await bank.Sql.Execute("vacuum analyze bank.inbox");
        var purge = replica.Services.GetServices<IHostedService>().OfType<Purge<BankDbContext>>().Single();
        var inbox = purge.Rules.Single(rule => rule.Table.EndsWith("inbox", StringComparison.Ordinal));
        await using (await bank.Sql.Locked($"select pg_advisory_xact_lock(hashtextextended('purge of {inbox.Table}', 0))"))
        {
            Assert.Equal(0, await purge.Step(inbox, Cancellation));
        }

        var before = await bank.Sql.Scalar<long>(InboxRowsRead);
        Assert.Equal(100, await purge.Step(inbox, Cancellation));
        await replica.Stop(Cancellation);

        var read = await Wait.Until(
            async () => await bank.Sql.Scalar<long>(InboxRowsRead) - before, rows => rows >= 100, "statistics of the table");
        Assert.InRange(read, 100, 1_000);
    }

    const string InboxRowsRead =
        "select (seq_tup_read + coalesce(idx_tup_fetch, 0))::bigint from pg_stat_user_tables where schemaname = 'bank' and relname = 'inbox'";

    [Fact]
    public async Task Publishing_past_the_outbox_is_refused()
    {
        await using var bank = await BankScenario.Open(servers);
        var replica = await bank.Start("one");
        await using var scope = replica.Services.CreateAsyncScope();

        var error = Assert.Throws<InvalidOperationException>(() => scope.ServiceProvider.GetRequiredService<IPublishEndpoint>());

        Assert.Contains("GroupCommit", error.Message);
    }

    [Fact]
    public async Task Two_handlers_of_one_type_on_one_endpoint_are_refused_at_the_start()
    {
        await using var bank = await BankScenario.Open(servers);
        var replica = bank.Build("one", handlesTwice: true);

        var error = await Assert.ThrowsAnyAsync<Exception>(() => replica.StartWithoutBroker(Cancellation));

        Assert.Contains("two handlers of Deposited", error.ToString());
    }

    [Theory]
    [InlineData("Messaging:BatchSizeMax", "0")]
    [InlineData("Messaging:RelayPollMilliseconds", "1")]
    [InlineData("Messaging:InboxRetentionDays", "0")]
    [InlineData("RabbitMq:Host", "")]
    [InlineData("RabbitMq:Port", "0")]
    [InlineData("RabbitMq:Password", "")]
    public async Task A_wrong_setting_stops_the_start_and_is_named(string key, string value)
    {
        await using var bank = await BankScenario.Open(servers);
        var replica = bank.Build("one", settings: (key, value));

        var error = await Assert.ThrowsAsync<OptionsValidationException>(() => replica.StartWithoutBroker(Cancellation));

        Assert.Contains(key.Split(':')[1], error.Message);
    }
}

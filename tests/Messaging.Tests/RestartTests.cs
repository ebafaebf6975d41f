using System.Diagnostics;
using Shop.Hosting;
using Shop.Messaging.Tests.Bank;
using Shop.Support;

namespace Shop.Messaging.Tests;

/// <summary>Database or broker go away under load. The service waits and goes on by itself, without a restart.</summary>
public sealed class RestartTests(TestServers servers)
{
    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_database_that_restarts_in_mid_stream_costs_no_message(bool killed)
    {
        await using var bank = await BankScenario.Open(servers);
        await bank.Start("one");
        await bank.Start("two");
        var depositIds = BankScenario.NewIds(3_000);
        var sending = bank.SendAll(Replica.Accounts, depositIds.Select(id => RawBroker.Message(new Deposit(id, bank.AccountId, 1))));
        await Wait.Until(() => bank.Sql.CountSubjects("deposit"), count => count >= 100, "deposits under way");

        if (killed)
        {
            servers.KillDatabase();
        }

        await servers.StopDatabase();
        await sending;
        await servers.StartDatabase();

        await bank.HandledOnce(depositIds, "deposit", "statement");
        Assert.Equal(depositIds.Count, await bank.Sql.Balance(bank.AccountId));
    }

    [Fact]
    public async Task A_write_without_a_database_fails_and_a_message_waits()
    {
        await using var bank = await BankScenario.Open(servers);
        var replica = await bank.Start("one");
        var (refused, waiting) = (Guid.NewGuid(), Guid.NewGuid());
        await servers.StopDatabase();

        var error = await Assert.ThrowsAnyAsync<Exception>(() => replica.Publish(new Deposit(refused, bank.AccountId, 1)));
        Assert.Equal(Failure.DatabaseAway, Failures.Of(error));
        await bank.Broker.Send(Replica.Accounts, RawBroker.Message(new Deposit(waiting, bank.AccountId, 1)));
        await servers.StartDatabase();

        await bank.HandledOnce([waiting], "deposit", "statement");
    }

    /// <summary>
    /// A migration runs beside the previous release. Each message has one attempt, so none may fail because of a statement that was
    /// prepared before.
    /// </summary>
    [Fact]
    public async Task A_column_that_is_added_under_a_running_service_costs_no_message_an_attempt()
    {
        await using var bank = await BankScenario.Open(servers);
        await bank.Start("one", ("Messaging:Attempts", "1"));
        var depositIds = BankScenario.NewIds(40);

        async Task Deposit(int from, int to)
        {
            for (var count = from + 1; count <= to; count++)
            {
                await bank.Broker.Send(Replica.Accounts, RawBroker.Message(new Deposit(depositIds[count - 1], bank.AccountId, 1)));
                await bank.Handled("deposit", [.. depositIds.Take(count)]);
            }
        }

        await Deposit(0, 20);
        await bank.Sql.Execute("alter table bank.\"Accounts\" add column \"Note\" text");
        await Deposit(20, 40);

        await bank.HandledOnce(depositIds, "deposit", "statement");
    }

    [Fact]
    public async Task A_broker_that_dies_in_mid_stream_costs_no_message_whoever_starts_or_leaves_meanwhile()
    {
        await using var bank = await BankScenario.Open(servers);
        var leaving = await bank.Start("leaving");
        var staying = await bank.Start("staying");
        using var stop = new CancellationTokenSource();
        var writing = KeepDepositing(staying, bank.AccountId, stop.Token);
        await Wait.Until(() => bank.Sql.CountSubjects("statement"), count => count >= 100, "deposits under way");

        await servers.KillBroker();
        var starting = bank.Build("starting", settings: ("Messaging:BacklogRowsMax", "100"));
        await starting.StartWithoutBroker(Cancellation);
        var accepted = new List<Guid>();
        async Task<bool> IsRefused()
        {
            var depositId = Guid.NewGuid();
            try
            {
                await starting.Publish(new Deposit(depositId, bank.AccountId, 1));
                accepted.Add(depositId);
                return false;
            }
            catch (OverloadedException)
            {
                return true;
            }
        }

        await Wait.Until(IsRefused, refused => refused, "a refused write");
        Assert.InRange(accepted.Count, 100, int.MaxValue);
        var clock = Stopwatch.StartNew();
        await leaving.Stop(Cancellation);
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(15), $"It took {clock.Elapsed}.");
        await servers.StartBroker();

        await Wait.Until(IsRefused, refused => !refused, "an accepted write");
        await stop.CancelAsync();
        await bank.HandledOnce([.. accepted, .. await writing], "deposit", "statement");
    }

    static async Task<IReadOnlyList<Guid>> KeepDepositing(Replica replica, Guid accountId, CancellationToken stop)
    {
        var depositIds = new List<Guid>();
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        while (!stop.IsCancellationRequested)
        {
            var depositId = Guid.NewGuid();
            await replica.Publish(new Deposit(depositId, accountId, 1));
            depositIds.Add(depositId);
            await pace.WaitForNextTickAsync(Cancellation);
        }

        return depositIds;
    }
}

using System.Diagnostics;
using Shop.Messaging.Tests.Bank;
using Shop.Support;

namespace Shop.Messaging.Tests;

/// <summary>The trace of whoever writes goes on in whoever receives, across outbox and broker.</summary>
public sealed class TraceTests(TestServers servers) : IDisposable
{
    readonly ActivitySource _source = new("test");
    readonly ActivityListener _listener = Listen();

    [Fact]
    public async Task Works_that_share_a_transaction_keep_a_trace_each()
    {
        await using var bank = await BankScenario.Open(servers);
        var replica = await bank.Start("one");
        var depositIds = BankScenario.NewIds(5);
        var traces = new Dictionary<Guid, string>();

        var running = await replica.InOneBatch([.. depositIds.Select(depositId => (Func<UnitOfWork<BankDbContext>, Task<bool>>)(async unit =>
        {
            using var activity = _source.StartActivity(ActivityKind.Server, parentContext: default)!;
            traces[depositId] = activity.TraceId.ToString();
            await unit.Publish(new Deposit(depositId, bank.AccountId, 1));
            return true;
        }))]);

        await Task.WhenAll(running);
        await bank.HandledOnce(depositIds, "deposit", "statement");
        await MustBeTracedAs(bank, traces);
    }

    [Fact]
    public async Task A_trace_survives_the_death_of_the_process_that_began_it()
    {
        await using var bank = await BankScenario.Open(servers);
        var depositId = Guid.NewGuid();
        var mute = bank.Build("mute", withRelay: false);
        await mute.Start(TestContext.Current.CancellationToken);
        var trace = "";
        using (var activity = _source.StartActivity(ActivityKind.Server, parentContext: default)!)
        {
            trace = activity.TraceId.ToString();
            await mute.Publish(new Deposit(depositId, bank.AccountId, 1));
        }

        await mute.Stop(TestContext.Current.CancellationToken);
        await bank.Start("heir");

        await bank.Handled("statement", [depositId]);
        await MustBeTracedAs(bank, new() { [depositId] = trace });
    }

    [Fact]
    public async Task A_scheduled_message_belongs_to_the_trace_that_scheduled_it()
    {
        await using var bank = await BankScenario.Open(servers);
        var replica = await bank.Start("one");
        var depositId = Guid.NewGuid();
        var trace = "";
        using (var activity = _source.StartActivity(ActivityKind.Server, parentContext: default)!)
        {
            trace = activity.TraceId.ToString();
            await replica.Schedule(Replica.Accounts, new Deposit(depositId, bank.AccountId, 1), TimeSpan.FromMilliseconds(100));
        }

        await bank.Handled("statement", [depositId]);
        await MustBeTracedAs(bank, new() { [depositId] = trace });
    }

    public void Dispose()
    {
        _listener.Dispose();
        _source.Dispose();
    }

    static async Task MustBeTracedAs(BankScenario bank, Dictionary<Guid, string> traces)
    {
        foreach (var (depositId, trace) in traces)
        {
            var seen = await bank.Sql.Column<string>($"select coalesce(\"TraceId\", '') from bank.\"Effects\" where \"Subject\" = '{depositId}'");
            Assert.Equal([trace, trace], seen);
        }
    }

    static ActivityListener Listen()
    {
        var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name is "test" or "MassTransit",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
        };
        ActivitySource.AddActivityListener(listener);
        return listener;
    }
}

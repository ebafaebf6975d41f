using System.Collections.Concurrent;
using System.Diagnostics;
using Shop.Messaging.Tests.Bank;
using Shop.Support;

namespace Shop.Messaging.Tests;

/// <summary>The sender's trace goes on in the receiver, across outbox and broker.</summary>
public sealed class TraceTests : IDisposable
{
    readonly TestServers _servers;
    readonly ActivitySource _source = new("test");
    readonly ConcurrentQueue<Activity> _ended = new();
    readonly ActivityListener _listener;

    public TraceTests(TestServers servers)
    {
        _servers = servers;
        _listener = Listen();
    }

    [Fact]
    public async Task Works_that_share_a_transaction_keep_a_trace_each()
    {
        await using var bank = await BankScenario.Open(_servers);
        var replica = await bank.Start("one");
        var depositIds = BankScenario.NewIds(5);
        var traces = new Dictionary<Guid, string>();

        var running = await replica.InOneBatch(
            [.. depositIds.Select(depositId => (Func<UnitOfWork<BankDbContext>, Task<bool>>)(async unit =>
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
        await using var bank = await BankScenario.Open(_servers);
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
        await using var bank = await BankScenario.Open(_servers);
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

    [Fact]
    public async Task A_trace_that_is_not_sampled_goes_on_unsampled_and_leaves_no_span()
    {
        await using var bank = await BankScenario.Open(_servers);
        var replica = await bank.Start("one");
        var depositId = Guid.NewGuid();
        var client = new ActivityContext(
            ActivityTraceId.CreateRandom(), ActivitySpanId.CreateRandom(), ActivityTraceFlags.None, isRemote: true);
        using (var activity = _source.StartActivity(ActivityKind.Server, client)!)
        {
            Assert.False(activity.Recorded);
            await replica.Publish(new Deposit(depositId, bank.AccountId, 1));
        }

        await bank.HandledOnce([depositId], "deposit", "statement");
        await MustBeTracedAs(bank, new() { [depositId] = client.TraceId.ToString() });
        Assert.DoesNotContain(_ended, span => span.TraceId == client.TraceId && span.Recorded);
    }

    [Fact]
    public async Task A_shared_transaction_is_one_span_linked_with_each_work()
    {
        await using var bank = await BankScenario.Open(_servers);
        var replica = await bank.Start("one");
        var depositIds = BankScenario.NewIds(3);
        var traces = new HashSet<ActivityTraceId>();

        var running = await replica.InOneBatch(
            () =>
            {
                var activity = _source.StartActivity(ActivityKind.Server, parentContext: default)!;
                traces.Add(activity.TraceId);
                return activity;
            },
            [.. depositIds.Select(depositId => (Func<UnitOfWork<BankDbContext>, Task<bool>>)(async unit =>
            {
                await unit.Publish(new Deposit(depositId, bank.AccountId, 1));
                return true;
            }))]);

        await Task.WhenAll(running);
        var works = _ended.Where(span => span.OperationName == "commit" && traces.Contains(span.TraceId)).ToArray();
        Assert.Equal(3, works.Length);
        var batch = Assert.Single(
            _ended, span => span.OperationName == "batch writes" && works.Any(work => work.SpanId == span.ParentSpanId));
        Assert.Equal(
            [.. works.Select(work => $"{work.SpanId}").Order()],
            batch.Links.Select(link => link.Context.SpanId).Append(batch.ParentSpanId).Select(span => $"{span}").Order());
        Assert.All(works, work => Assert.Equal(batch.SpanId, Assert.Single(work.Links).Context.SpanId));
    }

    [Fact]
    public async Task All_attempts_at_a_message_are_one_span_and_its_replay_is_another_in_the_same_trace()
    {
        await using var bank = await BankScenario.Open(_servers);
        var replica = await bank.Start("one", ("Messaging:Attempts", "3"));
        var sender = new ActivityContext(
            ActivityTraceId.CreateRandom(), ActivitySpanId.CreateRandom(), ActivityTraceFlags.Recorded, isRemote: true);
        await bank.Broker.Send(
            Replica.Accounts, RawBroker.Message(
                new Overdraw(Guid.NewGuid(), bank.AccountId)) with { Trace = $"00-{sender.TraceId}-{sender.SpanId}-01" });
        var letter = await bank.DeadLetter();

        await replica.Replay(letter.Id, "sam");

        var deliveries = await Wait.Until(
            () => Task.FromResult(_ended.Where(span => span.TraceId == sender.TraceId && span.Kind == ActivityKind.Consumer).ToArray()),
            spans => spans.Length == 2,
            "a span of the delivery and one of the replay");
        Assert.All(
            deliveries, span => Assert.Equal((ActivityStatusCode.Error, letter.Id), (span.Status, span.GetTagItem("shop.dead_letter.id"))));
        Assert.Equal(sender.SpanId, deliveries[0].ParentSpanId);
        Assert.Contains(
            _ended,
            span => span.Kind == ActivityKind.Producer && span.TraceId == sender.TraceId && span.SpanId == deliveries[1].ParentSpanId);
        Assert.Equal(
            6, _ended.Count(span => span.OperationName == "commit" && deliveries.Any(delivery => delivery.SpanId == span.ParentSpanId)));
    }

    [Fact]
    public async Task Baggage_travels_with_messages()
    {
        await using var bank = await BankScenario.Open(_servers);
        var replica = await bank.Start("one");
        var depositId = Guid.NewGuid();
        ActivityTraceId trace;
        using (var activity = _source.StartActivity(ActivityKind.Server, parentContext: default)!)
        {
            trace = activity.TraceId;
            activity.SetBaggage("shop.test", "travels, with = signs; and ümlauts");
            await replica.Publish(new Deposit(depositId, bank.AccountId, 1));
        }

        await bank.HandledOnce([depositId], "deposit", "statement");
        var received = _ended.Where(span => span.TraceId == trace && span.Kind == ActivityKind.Consumer).ToArray();
        Assert.NotEmpty(received);
        Assert.All(received, span => Assert.Equal("travels, with = signs; and ümlauts", span.GetBaggageItem("shop.test")));
    }

    [Fact]
    public async Task A_message_that_fails_leaves_a_span_without_a_parent_where_its_trace_is_not_sampled()
    {
        await using var bank = await BankScenario.Open(_servers);
        await bank.Start("one");
        var client = new ActivityContext(ActivityTraceId.CreateRandom(), ActivitySpanId.CreateRandom(), ActivityTraceFlags.None);

        await bank.Broker.Send(
            Replica.Accounts, RawBroker.Message(
                new Overdraw(Guid.NewGuid(), bank.AccountId)) with { Trace = $"00-{client.TraceId}-{client.SpanId}-00" });

        var letter = await bank.DeadLetter();
        await Wait.Until(
            () => Task.FromResult(_ended.Where(span => span.TraceId == client.TraceId && span.Recorded).ToArray()), spans =>
                spans is not [], "a span");
        var kept = Assert.Single(_ended, span => span.TraceId == client.TraceId && span.Recorded);
        Assert.Equal((default, ActivityStatusCode.Error), (kept.ParentSpanId, kept.Status));
        Assert.Equal(letter.Id, kept.GetTagItem("shop.dead_letter.id"));
        Assert.Equal(client.TraceId.ToHexString(), letter.TraceId);
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
            var seen = await bank.Sql.Column<string>(
                $"select coalesce(\"TraceId\", '') from bank.\"Effects\" where \"Subject\" = '{depositId}'");
            Assert.Equal([trace, trace], seen);
        }
    }

    // The sampling follows the parent, as OpenTelemetry's default does.
    ActivityListener Listen()
    {
        var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name is "test" or "Shop.Messaging",
            Sample = (ref ActivityCreationOptions<ActivityContext> options) =>
                options.Parent == default
                    || options.Parent.TraceFlags.HasFlag(ActivityTraceFlags.Recorded) ? ActivitySamplingResult.AllDataAndRecorded
                : options.Parent.IsRemote ? ActivitySamplingResult.PropagationData
                : ActivitySamplingResult.None,
            ActivityStopped = _ended.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        return listener;
    }
}

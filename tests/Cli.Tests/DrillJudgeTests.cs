using Shop.Cli.Auditing;
using Shop.Cli.Drills;
using Shop.Cli.Drills.Faults;

namespace Shop.Cli.Tests;

/// <summary>A drill fails if a promise was broken, and if its fault did nothing.</summary>
public sealed class DrillJudgeTests : IDisposable
{
    static readonly Drill _drill = new("a", "A drill", (_, _) => []);
    static readonly AuditResult _clean = new(true, true, 1, 1, []);
    static readonly PlannedOrder _order = PlannedOrder.Mix("a", 1, 1, 1)[0];

    readonly string _folder = Directory.CreateTempSubdirectory("shop-drill-").FullName;
    readonly Customers _customers;
    readonly Guid _accepted = Guid.NewGuid();
    readonly Dictionary<Guid, OrderEnd> _ends;

    public DrillJudgeTests()
    {
        _customers = new(Checkout);
        _customers.Accepted[_accepted] = _order;
        _ends = new() { [_accepted] = new("Confirmed", null) };
    }

    Checkout Checkout => new(_folder, new StateDirectory(_folder), new Ports(0));

    [Fact]
    public void Promises_that_were_kept_are_no_failure() => Assert.Empty(Judge());

    [Fact]
    public void An_order_that_is_not_there_is_a_failure()
    {
        _ends.Clear();

        Assert.Contains($"order {_accepted} got a 202", Assert.Single(Judge()));
    }

    [Fact]
    public void A_cancellation_that_did_not_happen_is_a_failure()
    {
        _customers.Cancelled.Add(_accepted);

        Assert.Contains("it is Confirmed", Assert.Single(Judge()));
    }

    [Fact]
    public void A_violation_of_an_invariant_is_a_failure()
    {
        var found = _clean with { Ok = false, Invariants = [new("one-charge", "once", [new("order 1", "one charge", "two")])] };

        Assert.Equal(["one-charge: order 1: expected one charge, found two"], Judge(found));
    }

    [Fact]
    public void Doubled_keys_and_missing_answers_and_refusals_are_failures()
    {
        _customers.DoubledKeys.Add("a-1");
        _customers.Unanswered.Add("a-2");
        _customers.Refusals.Add("order a-3: 400");

        Assert.Equal(3, Judge().Count());
    }

    [Fact]
    public void A_repeated_request_is_a_failure_only_where_nobody_may_notice()
    {
        _customers.FailedRequests["503"] = 2;

        Assert.Empty(Judge());
        Assert.Equal(["2 requests failed (503), and none should"], DrillJudge.Failures(_drill with { IsSeamless = true }, _customers, _clean, _ends));
    }

    [Fact]
    public async Task A_fault_that_meets_nobody_is_missed()
    {
        await using var system = new DrillSystem(Checkout);
        system.World.PortFor("payment-1", "card-network", 1);

        await Missed(new Kill("payment-1"));
        await Missed(new Freeze("payment-1"));
        await Missed(new NetworkFault("payment-1", "nobody", NetworkFault.Cuts[0]));
        await Missed(new NetworkFault("payment-1", "card-network", NetworkFault.Cuts[0]));

        async Task Missed(Fault fault) => await Assert.ThrowsAsync<FaultMissed>(async () =>
        {
            var end = await fault.Begin(system, TestContext.Current.CancellationToken);
            await end(TestContext.Current.CancellationToken);
        });
    }

    public void Dispose()
    {
        _customers.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    IEnumerable<string> Judge(AuditResult? audit = null) => DrillJudge.Failures(_drill, _customers, audit ?? _clean, _ends);
}

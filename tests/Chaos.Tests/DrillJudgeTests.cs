using Shop.Chaos.Auditing;
using Shop.Chaos.Drills;
using Shop.Chaos.Drills.Faults;
using Shop.Chaos.Load;
using Shop.Launcher;

namespace Shop.Chaos.Tests;

/// <summary>A drill fails if a promise was broken, and if its fault did nothing.</summary>
public sealed class DrillJudgeTests : IDisposable
{
    static readonly Drill _drill = new("a", "A drill", (_, _) => []);
    static readonly AuditResult _clean = new(true, true, 1, 1, []);
    static readonly PlannedOrder _order = PlannedOrder.Mix("a", 1, 1, 1)[0] with
    {
        Sku = "PEN-01", Payment = "tok_visa", CancelAfter = null
    };

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

    [Theory]
    [InlineData("stock_timeout")]
    [InlineData("payment_timeout")]
    [InlineData("out_of_stock")]
    [InlineData("payment_declined")]
    [InlineData("customer_request")]
    [InlineData("a_reason_nobody_knows")]
    public void An_ending_that_neither_order_nor_fault_explains_is_a_failure(string reason)
    {
        _ends[_accepted] = new("Cancelled", reason, TimeSpan.FromSeconds(5));

        Assert.Contains($"ended {reason}, and no fault explains it", Assert.Single(Judge()));
        Assert.Single(Judge(new FaultWindow(TimeSpan.FromSeconds(0), TimeSpan.FromSeconds(60), ["another"])));
        Assert.Empty(Judge(new FaultWindow(TimeSpan.FromSeconds(0), TimeSpan.FromSeconds(60), [reason])));
    }

    [Theory]
    [InlineData(0, 9, false)]
    [InlineData(0, 10, true)]
    [InlineData(15, 60, true)]
    [InlineData(16, 60, false)]
    public void A_fault_explains_only_what_was_under_way_while_it_was_felt(double from, double until, bool explains)
    {
        _customers.Accepted[_accepted] = _order with { At = TimeSpan.FromSeconds(10) };
        _customers.AnsweredAt[_accepted] = TimeSpan.FromSeconds(11);
        _ends[_accepted] = new("Cancelled", "payment_timeout", TimeSpan.FromSeconds(4));

        Assert.Equal(explains, !Judge(new FaultWindow(TimeSpan.FromSeconds(from), TimeSpan.FromSeconds(until), ["payment_timeout"])).Any());
    }

    [Theory]
    [InlineData("tok_outage", "payment_timeout")]
    [InlineData("tok_timeout", "payment_timeout")]
    [InlineData("tok_declined", "payment_declined")]
    [InlineData("tok_insufficient_funds", "payment_declined")]
    public void What_a_payment_token_is_for_needs_no_fault(string token, string reason)
    {
        _customers.Accepted[_accepted] = _order with { Payment = token };
        _ends[_accepted] = new("Cancelled", reason);

        Assert.Empty(Judge());
    }

    [Fact]
    public void What_is_scarce_may_be_out_of_stock_and_who_cancels_is_the_reason()
    {
        _customers.Accepted[_accepted] = _order with { Sku = "LAST-ONE", CancelAfter = TimeSpan.Zero };
        _ends[_accepted] = new("Cancelled", "out_of_stock");
        Assert.Empty(Judge());

        _ends[_accepted] = new("Cancelled", "customer_request");
        Assert.Empty(Judge());
    }

    [Fact]
    public void A_duplicate_that_nobody_delivered_twice_is_a_failure_unless_a_fault_made_it()
    {
        var found = _clean with { Ok = false, Invariants = [new("duplicates-explained", "once", [new("a kind", "none", "2 dropped")])] };

        Assert.Single(DrillJudge.Failures(_drill, _customers, found, _ends, []));
        Assert.Empty(DrillJudge.Failures(_drill, _customers, found, _ends, [], new Copies(Made: 2, Dropped: 2)));
        Assert.Single(DrillJudge.Failures(_drill, _customers, found, _ends, [], new Copies(Made: 1, Dropped: 2)));
        Assert.Single(DrillJudge.Failures(_drill, _customers, found, _ends, [], new Copies(Made: 3, Dropped: 2)));
    }

    [Fact]
    public void A_load_whose_orders_end_for_no_reason_fails()
    {
        LoadRun.End[] ends =
            [new("Confirmed", null, TimeSpan.Zero), new("Cancelled", "stock_timeout", TimeSpan.Zero), new("Placed", null, null)];

        Assert.Equal(["not ended", "stock_timeout"], LoadRun.Unexplained(ends, "tok_visa").Keys.Order());
        Assert.Equal(["stock_timeout"], LoadRun.Unexplained(ends[..2], "tok_outage").Keys);
        Assert.Empty(LoadRun.Unexplained([new("Cancelled", "payment_timeout", TimeSpan.Zero)], "tok_outage"));
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
        Assert.Equal(
            ["2 requests failed (503), and none should"],
            DrillJudge.Failures(_drill with { IsSeamless = true }, _customers, _clean, _ends, []));
    }

    [Fact]
    public async Task A_fault_that_meets_nobody_is_missed()
    {
        await using var system = new ProcessSystem(Checkout);
        system.Environment.PortFor("payment-1", "card-network", 1);

        await Missed(new Kill("payment-1"));
        await Missed(new Freeze("payment-1"));
        await Missed(new EqualIdentity());
        await Missed(new ProxyInEnvironment());
        await Missed(new FreezeInTransaction("payment-1"));
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

    IEnumerable<string> Judge(AuditResult audit) => DrillJudge.Failures(_drill, _customers, audit, _ends, []);

    IEnumerable<string> Judge(params FaultWindow[] windows) => DrillJudge.Failures(_drill, _customers, _clean, _ends, windows);
}

using Shop.Chaos.Auditing;
using Shop.Chaos.Drills;
using Shop.Launcher;

namespace Shop.Upgrade.Tests;

/// <summary>The promises of docs/upgrades.md: two releases work side by side on one system, and a rollback is possible.</summary>
public sealed class UpgradeTests
{
    const int OrdersPerRound = 40;
    const double OrdersPerSecond = 8;
    static readonly TimeSpan _timeLimit = TimeSpan.FromMinutes(3);

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_order_ends_well_while_the_replicas_go_from_the_previous_release_to_this_one_and_back_and_forth()
    {
        var root = Checkout.FindRoot();
        if (await PreviousRelease.Missing(root, Cancellation) is { } reason)
        {
            Assert.Skip(reason);
        }

        var previous = await PreviousRelease.Build(root, Cancellation);
        await using var fleet = new Fleet(root, previous);
        await fleet.StartPrevious(Cancellation);
        fleet.MustAllRun(previous);
        using var customers = new Customers(fleet.Checkout);
        var rounds = 0;

        // Orders arrive during the given work, at least one round of them.
        async Task UnderLoad(Func<Task> work)
        {
            var working = work();
            do
            {
                rounds++;
                var plan = PlannedOrder.Mix($"upgrade-{rounds}", rounds, OrdersPerRound, OrdersPerSecond);
                await customers.Run(plan, _timeLimit, Cancellation);
            }
            while (!working.IsCompleted);
            await working;
        }

        await UnderLoad(() => fleet.Migrate(Cancellation));
        fleet.MustAllRun(previous);

        await UnderLoad(async () =>
        {
            foreach (var canary in Fleet.Deployed.Take(3))
            {
                await fleet.Upgrade(canary, Cancellation);
            }
        });
        // One replica of each service is of this release, the other of the previous one.
        await UnderLoad(() => Task.CompletedTask);
        await UnderLoad(() => fleet.RollBack("payment-1", Cancellation));
        await UnderLoad(async () =>
        {
            foreach (var process in Fleet.Deployed.Where(process => process is not "gateway"))
            {
                await fleet.Upgrade(process, Cancellation);
            }
        });
        // The one gateway has no other replica, so it is replaced while no request is under way.
        await fleet.Upgrade("gateway", Cancellation);
        fleet.MustAllRun(root);
        await UnderLoad(() => Task.CompletedTask);

        var audit = await new Audit(fleet.Checkout).Run(_timeLimit, _ => { }, Cancellation);
        var ends = await OrderEnds.Read(fleet.Checkout, customers.Accepted.Keys, Cancellation);
        var failures = DrillJudge.Failures(new("upgrade", "upgrade", (_, _) => []), customers, audit, ends, []).ToArray();
        Assert.True(failures is [], string.Join('\n', failures));
        // A busy machine may be slow, but no request may be refused.
        Assert.Equal([], customers.FailedRequests.Keys.Except(["no answer in time"]));
        Assert.True(customers.Accepted.Count >= OrdersPerRound * 6, $"Only {customers.Accepted.Count} orders were accepted.");
        Assert.Contains(ends.Values, end => end.Status == "Confirmed");
        Assert.Contains(ends.Values, end => end.Reason == "payment_declined");
        TestContext.Current.SendDiagnosticMessage($"{ends.Count} orders in {rounds} rounds, {audit.Charges} charges, all accounted for.");
    }
}

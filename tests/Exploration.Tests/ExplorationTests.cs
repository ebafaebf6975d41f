using Shop.Ordering.Orders;

namespace Shop.Exploration.Tests;

/// <summary>
/// Runs the production decisions of all three services through every interleaving of deliveries, duplicates, deadlines, cancels and
/// crashes, within the bounds of each test. Nothing is random: a green run covers every interleaving.
/// </summary>
public sealed class ExplorationTests(ITestOutputHelper output)
{
    const int StatesMax = 3_000_000;

    /// <param name="cancels">How often the customer cancels.</param>
    /// <param name="reminders">How often a compensation is asked for again.</param>
    /// <param name="expiries">How often the hold runs out by itself.</param>
    /// <param name="duplicates">How many messages of any kind are delivered a second time.</param>
    /// <param name="sleeps">How often the payment worker is stopped past its lease and wakes up.</param>
    [Theory]
    [InlineData(1, 0, 1, 0, 1)]
    [InlineData(1, 1, 1, 1, 0)]
    [InlineData(1, 0, 0, 2, 0)]
    [InlineData(0, 0, 0, 1, 1)]
    public async Task One_order_ends_right_on_every_way(int cancels, int reminders, int expiries, int duplicates, int sleeps)
    {
        await using var saga = await SagaDecisions.Open();

        var exploration = await Explorer.Explore(Start(1, cancels, reminders, expiries, duplicates, sleeps), new(saga), StatesMax);

        output.WriteLine(exploration.ToString());
        Assert.True(exploration.Violation is null, exploration.ToString());
    }

    /// <param name="cancels">How often the customer cancels.</param>
    /// <param name="lateLandings">How often a charge lands after it was given up.</param>
    /// <param name="outsideRefunds">How often the payment provider, or a person there, gives the money back, at any moment.</param>
    /// <param name="duplicates">How many messages are delivered a second time.</param>
    [Theory]
    [InlineData(1, 1, 0, 0)]
    [InlineData(1, 0, 1, 0)]
    [InlineData(0, 1, 1, 0)]
    [InlineData(0, 0, 1, 1)]
    public async Task One_order_ends_right_whatever_the_payment_provider_does(
        int cancels, int lateLandings, int outsideRefunds, int duplicates)
    {
        await using var saga = await SagaDecisions.Open();

        var exploration = await Explorer.Explore(
            Start(1, cancels, reminders: 0, expiries: 0, duplicates, sleeps: 0, lateLandings, outsideRefunds), new(saga), StatesMax);

        output.WriteLine(exploration.ToString());
        Assert.True(exploration.Violation is null, exploration.ToString());
    }

    [Fact]
    public async Task Two_orders_of_the_last_unit_end_right_on_every_way()
    {
        await using var saga = await SagaDecisions.Open();

        // Their payments are taken at once, because payment failures do not depend on the other order.
        var exploration = await Explorer.Explore(
            Start(2, cancels: 0, reminders: 0, expiries: 1, duplicates: 0, sleeps: 0), new(saga), StatesMax, paymentsAtOnce: true);

        output.WriteLine(exploration.ToString());
        Assert.True(exploration.Violation is null, exploration.ToString());
    }

    [Fact]
    public async Task A_late_payment_that_is_not_refunded_is_found() =>
        await MustBeFound(saga => new NoRefundOfLatePayment(saga), "the charge arrives: Succeeded");

    [Fact]
    public async Task A_ledger_that_nobody_reads_is_found() =>
        await MustBeFound(saga => new NoReconciliation(saga), "the charge arrives: Succeeded", lateLandings: 1);

    [Fact]
    public async Task Money_that_went_back_unnoticed_is_found() =>
        await MustBeFound(saga => new NoReconciliation(saga), "somebody gives the money back", cancels: 0, outsideRefunds: 1);

    [Fact]
    public async Task A_duplicate_that_is_not_recognized_is_found() =>
        await MustBeFound(saga => new NoDuplicateCheck(saga), "deliver ReserveStock again");

    [Fact]
    public async Task A_release_that_nobody_remembers_is_found() =>
        await MustBeFound(saga => new ReleaseNotRecorded(saga), "deliver ReleaseStock");

    [Fact]
    public async Task An_ended_order_that_awaits_something_is_found() =>
        await MustBeFound(saga => new AwaitsStockWithoutReservation(saga), "deliver StockRejected", available: 0);

    async Task MustBeFound(
        Func<SagaDecisions, Decisions> seed, string step, int cancels = 1, int lateLandings = 0, int outsideRefunds = 0, int available = 1)
    {
        await using var saga = await SagaDecisions.Open();

        var exploration = await Explorer.Explore(
            Start(1, cancels, reminders: 0, expiries: 0, duplicates: 1, sleeps: 0, lateLandings, outsideRefunds, available), seed(
                saga), StatesMax);

        output.WriteLine(exploration.ToString());
        Assert.NotNull(exploration.Violation);
        Assert.Contains(exploration.Way, what => what.Contains(step, StringComparison.Ordinal));
    }

    static ExploredState Start(
        int orders, int cancels, int reminders, int expiries, int duplicates, int sleeps, int lateLandings = 0, int outsideRefunds = 0,
        int available = 1) => new(
        [.. Enumerable.Range(0, orders).Select(_ =>
        {
            // The order after PlaceOrder.
            var order = new OrderWorld
            {
                Saga = new(OrderStatus.Placed, null, false, false, Timer.Pending),
                CancelsLeft = cancels,
                RemindersLeft = reminders,
                ExpiriesLeft = expiries,
                DuplicatesLeft = duplicates,
                SleepsLeft = sleeps,
                LateLandingsLeft = lateLandings,
                OutsideRefundsLeft = outsideRefunds,
            };
            order.Fresh[(int)Mail.ReserveStock] = 1;
            return order;
        })],
        available,
        held: 0,
        sold: 0);
}

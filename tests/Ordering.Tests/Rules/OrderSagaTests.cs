using Shop.Contracts.Inventory;
using Shop.Contracts.Ordering;
using Shop.Contracts.Payment;
using Shop.Ordering.Orders;
using Shop.Ordering.Sagas;

namespace Shop.Ordering.Tests.Rules;

/// <summary>Every state against every message: each arrow of the diagram, each deadline, each answer that comes too late.</summary>
public sealed class OrderSagaTests(SagaScenario saga) : IClassFixture<SagaScenario>
{
    const string Same = "";

    static readonly Guid _order = Guid.Empty;

    static object[] AllMessages { get; } =
    [
        new StockReserved(_order), new StockRejected(_order, ["MUG-01"]), new StockReleased(_order),
        new SaleRejected(_order, ["MUG-01"]), new PaymentTaken(_order), new PaymentDeclined(_order, "card_declined"),
        new PaymentRefunded(_order, 25m), new CancellationRequested(_order),
    ];

    /// <summary>
    /// The state before, message, state after, reason, and published messages. A pair that is not listed changes nothing and publishes
    /// nothing.
    /// </summary>
    static (string From, Type Message, string To, string? Reason, Type[] Published)[] Arrows { get; } =
    [
        (OrderStatus.Placed, typeof(StockReserved), OrderStatus.StockReserved, null, [typeof(TakePayment)]),
        (OrderStatus.Placed, typeof(StockRejected), OrderStatus.Cancelled, CancelReason.OutOfStock, [typeof(OrderCancelled)]),
        (OrderStatus.Placed, typeof(CancellationRequested), OrderStatus.Cancelling, CancelReason.CustomerRequest, [typeof(ReleaseStock)]),
        (OrderStatus.StockReserved, typeof(PaymentTaken), OrderStatus.Confirmed, null, [typeof(OrderConfirmed)]),
        (OrderStatus.StockReserved, typeof(PaymentDeclined), OrderStatus.Cancelling, CancelReason.PaymentDeclined, [typeof(ReleaseStock)]),
        (OrderStatus.StockReserved, typeof(CancellationRequested), OrderStatus.Cancelling, CancelReason.CustomerRequest,
            [typeof(ReleaseStock), typeof(RefundPayment)]),
        (OrderStatus.StockReserved, typeof(PaymentRefunded), OrderStatus.Cancelling, CancelReason.PaymentDeclined, [typeof(ReleaseStock)]),
        (OrderStatus.Confirmed, typeof(PaymentRefunded), OrderStatus.Cancelling, CancelReason.PaymentDeclined, [typeof(ReleaseStock)]),
        (OrderStatus.Confirmed, typeof(CancellationRequested), OrderStatus.Cancelling, CancelReason.CustomerRequest,
            [typeof(ReleaseStock), typeof(RefundPayment)]),
        (OrderStatus.Confirmed, typeof(SaleRejected), OrderStatus.Cancelling, CancelReason.OutOfStock,
            [typeof(ReleaseStock), typeof(RefundPayment)]),
        (OrderStatus.Cancelling, typeof(StockReleased), Same, CancelReason.CustomerRequest, []),
        (OrderStatus.Cancelling, typeof(PaymentRefunded), Same, CancelReason.CustomerRequest, []),
        (OrderStatus.Cancelled, typeof(StockReserved), Same, CancelReason.CustomerRequest, [typeof(ReleaseStock)]),
        (OrderStatus.Cancelled, typeof(PaymentTaken), Same, CancelReason.CustomerRequest, [typeof(RefundPayment)]),
    ];

    static readonly string[] _noArrowInPlaced =
        [nameof(SaleRejected), nameof(PaymentTaken), nameof(PaymentDeclined), nameof(PaymentRefunded)];
    static readonly string[] _noArrowInStockReserved = [nameof(StockRejected), nameof(StockReleased), nameof(SaleRejected)];

    public static TheoryData<string, string> EveryStateAndMessage()
    {
        var cases = new TheoryData<string, string>();
        foreach (var status in OrderStatus.All)
        {
            foreach (var message in AllMessages.Select(message => message.GetType().Name))
            {
                // Answers to a command that was never sent. No service can send them, and a forgery becomes a dead letter.
                var impossible = status switch
                {
                    OrderStatus.Placed => _noArrowInPlaced,
                    OrderStatus.StockReserved => _noArrowInStockReserved,
                    _ => [],
                };
                if (!impossible.Contains(message))
                {
                    cases.Add(status, message);
                }
            }
        }

        return cases;
    }

    [Theory]
    [MemberData(nameof(EveryStateAndMessage))]
    public async Task Every_message_has_the_effect_the_diagram_says_in_every_state(string status, string messageName)
    {
        var order = await saga.Given(status, awaitsStock: true, awaitsRefund: true);
        var message = For(order, AllMessages.Single(message => message.GetType().Name == messageName));
        var arrow = Arrows.SingleOrDefault(arrow => arrow.From == status && arrow.Message == message.GetType());
        var reasonBefore = order.Reason;
        var versionBefore = order.Version;

        var published = await saga.When(order, message);

        Assert.Equal(string.IsNullOrEmpty(arrow.To) ? status : arrow.To, order.Status);
        Assert.Equal(arrow.From is null ? reasonBefore : arrow.Reason, order.Reason);
        Assert.Equal(
            (arrow.Published ?? []).Select(type => type.Name).Order(), published.Select(sent => sent.GetType().Name).Order());
        Assert.Equal(order.Status != status, order.Version > versionBefore && order.Status != status);
        Assert.True(order.Status == status || AwaitsWhatWasAskedFor(order, published));
        Assert.Equal(order.IsTerminal, order.DeadlineToken is null);
    }

    [Fact]
    public async Task Reserved_stock_asks_for_the_total_with_the_customers_token()
    {
        var order = await saga.Given(OrderStatus.Placed);

        var published = await saga.When(order, new StockReserved(order.CorrelationId));

        Assert.Equal([new TakePayment(order.CorrelationId, 25.00m, "tok_visa", "alice")], published);
    }

    [Theory]
    [InlineData(OrderStatus.Placed, CancelReason.StockTimeout, nameof(ReleaseStock))]
    [InlineData(OrderStatus.StockReserved, CancelReason.PaymentTimeout, nameof(RefundPayment) + "," + nameof(ReleaseStock))]
    public async Task A_deadline_that_passes_compensates_what_may_have_happened(string status, string reason, string compensations)
    {
        var order = await saga.Given(status);
        var deadline = order.DeadlineToken;

        var published = await saga.When(order, DeadlineOf(order), deadline);

        Assert.Equal(OrderStatus.Cancelling, order.Status);
        Assert.Equal(reason, order.Reason);
        Assert.Equal(compensations, string.Join(',', published.Select(sent => sent.GetType().Name).Order()));
        Assert.True(AwaitsWhatWasAskedFor(order, published));
        Assert.NotNull(order.DeadlineToken);
        Assert.NotEqual(deadline, order.DeadlineToken);
    }

    [Theory]
    [InlineData(true, true, nameof(RefundPayment) + "," + nameof(ReleaseStock))]
    [InlineData(true, false, nameof(ReleaseStock))]
    [InlineData(false, true, nameof(RefundPayment))]
    public async Task An_unanswered_compensation_is_asked_for_again(bool awaitsStock, bool awaitsRefund, string again)
    {
        var order = await saga.Given(OrderStatus.Cancelling, awaitsStock, awaitsRefund);
        var deadline = order.DeadlineToken;

        var published = await saga.When(order, new CompensationOverdue(order.CorrelationId), deadline);

        Assert.Equal(OrderStatus.Cancelling, order.Status);
        Assert.Equal(again, string.Join(',', published.Select(sent => sent.GetType().Name).Order()));
        Assert.NotEqual(deadline, order.DeadlineToken);
    }

    [Theory]
    [InlineData(OrderStatus.Placed)]
    [InlineData(OrderStatus.StockReserved)]
    [InlineData(OrderStatus.Confirmed)]
    [InlineData(OrderStatus.Cancelling)]
    [InlineData(OrderStatus.Cancelled)]
    public async Task A_deadline_of_an_earlier_wait_does_nothing(string status)
    {
        var order = await saga.Given(status, awaitsStock: true, awaitsRefund: true);
        object[] deadlines =
        [
            new StockOverdue(order.CorrelationId), new PaymentOverdue(order.CorrelationId), new CompensationOverdue(order.CorrelationId),
        ];

        foreach (var deadline in deadlines)
        {
            Assert.Empty(await saga.When(order, deadline, Guid.NewGuid()));
            Assert.Equal(status, order.Status);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_order_is_cancelled_when_stock_and_money_are_back_in_either_order(bool stockFirst)
    {
        var order = await saga.Given(OrderStatus.Cancelling, awaitsStock: true, awaitsRefund: true);
        object[] answers = [new StockReleased(order.CorrelationId), new PaymentRefunded(order.CorrelationId, 25m)];

        Assert.Empty(await saga.When(order, answers[stockFirst ? 0 : 1]));
        Assert.Equal((OrderStatus.Cancelling, OrderStatus.Cancelling), (order.Status, order.Timeline[^1].Status));

        var published = await saga.When(order, answers[stockFirst ? 1 : 0]);
        Assert.Equal(OrderStatus.Cancelled, order.Status);
        Assert.Equal([new OrderCancelled(order.CorrelationId, "alice", CancelReason.CustomerRequest, order.Version)], published);
        Assert.Null(order.DeadlineToken);
        Assert.Equal(OrderStatus.Cancelled, order.Timeline[^1].Status);
    }

    [Theory]
    [InlineData(25, "Payment refunded: 25.00 EUR")]
    [InlineData(0, "Nothing was charged")]
    public async Task The_timeline_tells_what_went_back(int amount, string what)
    {
        var order = await saga.Given(OrderStatus.Cancelling, awaitsStock: true, awaitsRefund: true);

        await saga.When(order, new PaymentRefunded(order.CorrelationId, amount));

        Assert.Equal(what, order.Timeline[^1].What);
    }

    [Fact]
    public async Task Each_end_is_announced_with_the_version_it_has()
    {
        var confirmed = await saga.Given(OrderStatus.StockReserved);
        var soldOut = await saga.Given(OrderStatus.Placed);

        Assert.Equal(
            [new OrderConfirmed(confirmed.CorrelationId, 2)], await saga.When(confirmed, new PaymentTaken(confirmed.CorrelationId)));
        Assert.Equal(
            [new OrderCancelled(soldOut.CorrelationId, "alice", CancelReason.OutOfStock, 2)],
            await saga.When(soldOut, new StockRejected(soldOut.CorrelationId, ["MUG-01"])));
    }

    [Fact]
    public void A_new_order_is_announced_with_all_that_was_ordered_and_without_its_payment()
    {
        var at = new DateTimeOffset(2026, 11, 23, 13, 46, 15, TimeSpan.Zero);
        var order = Order.Place(_order, "alice", [new("MUG-01", 2, 12.50m), new("PEN-01", 1, 2.50m)], "tok_visa", at);

        var announced = order.ToOrderPlaced();

        Assert.Equal([new("MUG-01", 2, 12.50m), new("PEN-01", 1, 2.50m)], announced.Lines);
        Assert.Equal(new(_order, "alice", announced.Lines, 27.50m, at, 1), announced);
        Assert.DoesNotContain("tok_visa", announced.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_payment_that_arrives_while_nobody_waits_for_a_refund_is_refunded()
    {
        var order = await saga.Given(OrderStatus.Cancelling, awaitsStock: true, awaitsRefund: false);

        var published = await saga.When(order, new PaymentTaken(order.CorrelationId));

        Assert.Equal([new RefundPayment(order.CorrelationId)], published);
        Assert.True(order.AwaitsRefund);
    }

    [Fact]
    public async Task The_timeline_tells_the_steps_in_order_with_growing_versions()
    {
        var order = await saga.Given(OrderStatus.Placed);

        await saga.When(order, new StockReserved(order.CorrelationId));
        await saga.When(order, new PaymentTaken(order.CorrelationId));

        Assert.Equal(
            [OrderStatus.Placed, OrderStatus.StockReserved, OrderStatus.Confirmed], order.Timeline.Select(step => step.Status));
        Assert.Equal([1, 2, 3], order.Timeline.Select(step => step.Version));
        Assert.NotNull(order.ConfirmedAt);
    }

    static bool AwaitsWhatWasAskedFor(Order order, IReadOnlyList<object> published) =>
        (order.AwaitsStockRelease, order.AwaitsRefund) == (published.OfType<ReleaseStock>().Any(), published.OfType<RefundPayment>().Any());

    static object DeadlineOf(Order order) => order.Status switch
    {
        OrderStatus.Placed => new StockOverdue(order.CorrelationId),
        _ => new PaymentOverdue(order.CorrelationId),
    };

    static object For(Order order, object message) => message switch
    {
        StockReserved reserved => reserved with { OrderId = order.CorrelationId },
        StockRejected rejected => rejected with { OrderId = order.CorrelationId },
        StockReleased released => released with { OrderId = order.CorrelationId },
        SaleRejected rejected => rejected with { OrderId = order.CorrelationId },
        PaymentTaken taken => taken with { OrderId = order.CorrelationId },
        PaymentDeclined declined => declined with { OrderId = order.CorrelationId },
        PaymentRefunded refunded => refunded with { OrderId = order.CorrelationId },
        CancellationRequested cancel => cancel with { OrderId = order.CorrelationId },
        _ => throw new ArgumentException($"Unknown message {message.GetType()}.", nameof(message)),
    };
}

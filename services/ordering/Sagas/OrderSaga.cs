using MassTransit;
using Microsoft.Extensions.Options;
using Shop.Contracts.Inventory;
using Shop.Contracts.Ordering;
using Shop.Contracts.Payment;
using Shop.Ordering.Orders;

namespace Shop.Ordering.Sagas;

/// <summary>
/// Takes an order from placed to confirmed, or undoes what was done and cancels it. Every wait has a deadline, and every
/// answer that comes after its deadline has an arrow.
/// <code>
///      Begin ─▶ Placed ──StockReserved──▶ StockReserved ──PaymentTaken──▶ Confirmed
///                 │ │                          │ PaymentDeclined              │ CancellationRequested
///   StockRejected │ │ StockOverdue             │ PaymentOverdue               │ SaleRejected
///                 │ │ CancellationRequested    │ CancellationRequested        │
///                 ▼ └───────────────▶ Cancelling ◀────────────────────────────┘
///             Cancelled ◀──StockReleased and PaymentRefunded──┘  (asked for again until they come)
/// </code>
/// <see cref="Begin"/> is the first transition, in the transaction of the request. <see cref="Order.DecideCancel"/>
/// decides whether an order may still be cancelled.
/// </summary>
public sealed partial class OrderSaga : MassTransitStateMachine<Order>
{
    readonly OrderSagaOptions _options;
    readonly TimeProvider _clock;
    readonly KeptTracesOptions _keptTraces;
    readonly ILogger _logger;

    public OrderSaga(
        IOptions<OrderSagaOptions> options, IOptions<KeptTracesOptions> keptTraces, TimeProvider clock, ILogger<OrderSaga> logger)
    {
        (_options, _clock, _keptTraces, _logger) = (options.Value, clock, keptTraces.Value, logger);
        InstanceState(order => order.Status);
        Correlate();
        Schedule(() => StockOverdue, order => order.DeadlineToken, timer =>
        {
            timer.Delay = _options.StockTimeLimit;
            timer.Received = on => on.CorrelateById(x => x.Message.OrderId);
        });
        Schedule(() => PaymentOverdue, order => order.DeadlineToken, timer =>
        {
            timer.Delay = _options.PaymentTimeLimit;
            timer.Received = on => on.CorrelateById(x => x.Message.OrderId);
        });
        Schedule(() => CompensationOverdue, order => order.DeadlineToken, timer =>
        {
            timer.Delay = _options.CompensationTimeLimit;
            timer.Received = on => on.CorrelateById(x => x.Message.OrderId);
        });

        WhilePlaced();
        WhileStockReserved();
        WhileCancelling();
        WhenConfirmed();
        WhenCancelled();
    }

    public State Placed { get; } = null!;
    public State StockReserved { get; } = null!;
    public State Confirmed { get; } = null!;
    public State Cancelling { get; } = null!;
    public State Cancelled { get; } = null!;

    /// <summary>The message of the same name as the state it leads to.</summary>
    public Event<StockReserved> StockReservedEvent { get; } = null!;
    public Event<StockRejected> StockRejected { get; } = null!;
    public Event<StockReleased> StockReleased { get; } = null!;
    public Event<SaleRejected> SaleRejected { get; } = null!;
    public Event<PaymentTaken> PaymentTaken { get; } = null!;
    public Event<PaymentDeclined> PaymentDeclined { get; } = null!;
    public Event<PaymentRefunded> PaymentRefunded { get; } = null!;
    public Event<CancellationRequested> CancellationRequested { get; } = null!;

    public Schedule<Order, StockOverdue> StockOverdue { get; } = null!;
    public Schedule<Order, PaymentOverdue> PaymentOverdue { get; } = null!;
    public Schedule<Order, CompensationOverdue> CompensationOverdue { get; } = null!;

    // An answer to an order that does not exist is a mistake. It becomes a dead letter instead of vanishing.
    void Correlate()
    {
        Event(() => StockReservedEvent, on => on.CorrelateById(x => x.Message.OrderId).OnMissingInstance(order => order.Fault()));
        Event(() => StockRejected, on => on.CorrelateById(x => x.Message.OrderId).OnMissingInstance(order => order.Fault()));
        Event(() => StockReleased, on => on.CorrelateById(x => x.Message.OrderId).OnMissingInstance(order => order.Fault()));
        Event(() => SaleRejected, on => on.CorrelateById(x => x.Message.OrderId).OnMissingInstance(order => order.Fault()));
        Event(() => PaymentTaken, on => on.CorrelateById(x => x.Message.OrderId).OnMissingInstance(order => order.Fault()));
        Event(() => PaymentDeclined, on => on.CorrelateById(x => x.Message.OrderId).OnMissingInstance(order => order.Fault()));
        Event(() => PaymentRefunded, on => on.CorrelateById(x => x.Message.OrderId).OnMissingInstance(order => order.Fault()));
        Event(() => CancellationRequested, on => on.CorrelateById(x => x.Message.OrderId).OnMissingInstance(order => order.Fault()));
    }

    void WhilePlaced() => During(Placed,
        When(StockReservedEvent)
            .Then(x => Record(x, OrderStatus.StockReserved, Services.Inventory, "Stock reserved"))
            .Publish(x => new TakePayment(x.Saga.CorrelationId, x.Saga.Total, x.Saga.PaymentToken, x.Saga.CustomerId))
            .Schedule(PaymentOverdue, x => new PaymentOverdue(x.Saga.CorrelationId))
            .TransitionTo(StockReserved),
        When(StockRejected)
            .Then(x => Record(
                x, OrderStatus.Cancelled, Services.Inventory, $"Out of stock: {string.Join(", ", x.Message.MissingSkus)}"))
            .Then(x => x.Saga.Cancel(CancelReason.OutOfStock, stock: false, money: false))
            .Unschedule(StockOverdue)
            .Publish(x => x.Saga.ToOrderCancelled())
            .TransitionTo(Cancelled),
        Compensating(When(StockOverdue.Received)
            .Then(x => Record(x, OrderStatus.Cancelling, Services.Ordering, "Inventory did not answer in time"))
            .Then(x => x.Saga.Cancel(CancelReason.StockTimeout, stock: true, money: false))),
        Compensating(When(CancellationRequested)
            .Then(x => Record(x, OrderStatus.Cancelling, Services.Customer, "Cancelled by the customer"))
            .Then(x => x.Saga.Cancel(CancelReason.CustomerRequest, stock: true, money: false))),
        Ignore(StockReleased));

    void WhileStockReserved() => During(StockReserved,
        When(PaymentTaken)
            .Then(x => Record(x, OrderStatus.Confirmed, Services.Payment, "Payment taken"))
            .Then(x => x.Saga.Confirm(_clock.GetUtcNow()))
            .Unschedule(PaymentOverdue)
            .Publish(x => new OrderConfirmed(x.Saga.CorrelationId, x.Saga.Version))
            .TransitionTo(Confirmed),
        Compensating(When(PaymentDeclined)
            .Then(x => Record(x, OrderStatus.Cancelling, Services.Payment, $"Payment declined: {x.Message.Code}"))
            .Then(x => x.Saga.Cancel(CancelReason.PaymentDeclined, stock: true, money: false))),
        RefundedFromOutside(),
        // It is unknown whether the money was taken. Payment finds out, and gives it back if it was.
        Compensating(When(PaymentOverdue.Received)
            .Then(x => Record(x, OrderStatus.Cancelling, Services.Ordering, "Payment did not answer in time"))
            .Then(x => x.Saga.Cancel(CancelReason.PaymentTimeout, stock: true, money: true))),
        Compensating(When(CancellationRequested)
            .Then(x => Record(x, OrderStatus.Cancelling, Services.Customer, "Cancelled by the customer"))
            .Then(x => x.Saga.Cancel(CancelReason.CustomerRequest, stock: true, money: true))),
        Ignore(StockReservedEvent));

    void WhileCancelling()
    {
        During(Cancelling,
            When(StockReleased, x => x.Saga.AwaitsStockRelease)
                .Then(x => x.Saga.AwaitsStockRelease = false)
                .Then(x => Record(x, AfterCompensation(x.Saga), Services.Inventory, "Stock released"))
                .IfElse(x => IsCompensated(x.Saga), End, stillWaiting => stillWaiting),
            When(PaymentRefunded, x => x.Saga.AwaitsRefund)
                .Then(x => x.Saga.AwaitsRefund = false)
                .Then(x => Record(
                    x,
                    AfterCompensation(x.Saga),
                    Services.Payment,
                    x.Message.Amount > 0 ? $"Payment refunded: {x.Message.Amount:0.00} EUR" : "Nothing was charged"))
                .IfElse(x => IsCompensated(x.Saga), End, stillWaiting => stillWaiting),
            When(CompensationOverdue.Received)
                .If(x => x.Saga.AwaitsStockRelease, again => again.Publish(x => new ReleaseStock(x.Saga.CorrelationId)))
                .If(x => x.Saga.AwaitsRefund, again => again.Publish(x => new RefundPayment(x.Saga.CorrelationId)))
                .Schedule(CompensationOverdue, x => new CompensationOverdue(x.Saga.CorrelationId)),
            // These answers are late. The RefundPayment or ReleaseStock that is on its way undoes what they announce.
            Ignore(StockReservedEvent), Ignore(StockRejected), Ignore(PaymentDeclined), Ignore(SaleRejected), Ignore(CancellationRequested),
            When(PaymentTaken, x => !x.Saga.AwaitsRefund)
                .Then(x => x.Saga.AwaitsRefund = true)
                .Publish(x => new RefundPayment(x.Saga.CorrelationId)));
    }

    void WhenConfirmed() => During(Confirmed,
        Compensating(When(CancellationRequested)
            .Then(x => Record(x, OrderStatus.Cancelling, Services.Customer, "Cancelled by the customer"))
            .Then(x => x.Saga.Cancel(CancelReason.CustomerRequest, stock: true, money: true))),
        // The confirmation reached Inventory after the hold had run out, and another order has the goods.
        Compensating(When(SaleRejected)
            .Then(x => Record(x, OrderStatus.Cancelling, Services.Inventory, "The hold had run out, and so has the stock"))
            .Then(x => x.Saga.Cancel(CancelReason.OutOfStock, stock: true, money: true))),
        RefundedFromOutside(),
        Ignore(StockReservedEvent), Ignore(StockRejected), Ignore(StockReleased), Ignore(PaymentTaken), Ignore(PaymentDeclined));

    // The shop did not ask for this refund: the payment provider's fraud screening, or a person there, gave the money back. The order ends,
    // because the customer has not paid, and charging again would undo the provider's decision. The PaymentTaken before it may still be on
    // its way.
    EventActivityBinder<Order, PaymentRefunded> RefundedFromOutside() => Compensating(When(PaymentRefunded)
        .Then(x => Record(
            x, OrderStatus.Cancelling, Services.Payment, $"The payment was given back from outside: {x.Message.Amount:0.00} EUR"))
        .Then(x => x.Saga.Cancel(CancelReason.PaymentDeclined, stock: true, money: false)));

    // A cancelled order keeps no money and no stock, however late they arrive.
    void WhenCancelled() => During(Cancelled,
        When(StockReservedEvent).Publish(x => new ReleaseStock(x.Saga.CorrelationId)),
        When(PaymentTaken).Publish(x => new RefundPayment(x.Saga.CorrelationId)),
        Ignore(StockRejected), Ignore(StockReleased), Ignore(SaleRejected),
        Ignore(PaymentDeclined), Ignore(PaymentRefunded), Ignore(CancellationRequested));

    EventActivityBinder<Order, T> Compensating<T>(EventActivityBinder<Order, T> arrow) where T : class => arrow
        .Publish(x => new ReleaseStock(x.Saga.CorrelationId))
        .If(x => x.Saga.AwaitsRefund, refund => refund.Publish(x => new RefundPayment(x.Saga.CorrelationId)))
        .Schedule(CompensationOverdue, x => new CompensationOverdue(x.Saga.CorrelationId))
        .TransitionTo(Cancelling);

    EventActivityBinder<Order, T> End<T>(EventActivityBinder<Order, T> arrow) where T : class =>
        arrow.Unschedule(CompensationOverdue).Publish(x => x.Saga.ToOrderCancelled()).TransitionTo(Cancelled);

    static bool IsCompensated(Order order) => order is { AwaitsStockRelease: false, AwaitsRefund: false };

    static string AfterCompensation(Order order) =>
        IsCompensated(order) ? OrderStatus.Cancelled : OrderStatus.Cancelling;
}

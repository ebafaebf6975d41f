using MassTransit;
using Microsoft.Extensions.Options;
using Shop.Contracts.Inventory;
using Shop.Contracts.Ordering;
using Shop.Contracts.Payment;
using Shop.Hosting;
using Shop.Messaging;
using Shop.Ordering.Orders;

namespace Shop.Ordering.Sagas;

/// <summary>
/// Takes an order from placed to confirmed, or undoes what was done and cancels it. Every wait has a deadline, and every
/// answer that comes after its deadline has an arrow.
/// <code>
/// PlaceOrder ─▶ Placed ──StockReserved──▶ StockReserved ──PaymentTaken──▶ Confirmed
///                 │ │                          │ PaymentDeclined              │ CancelOrder
///   StockRejected │ │ StockOverdue             │ PaymentOverdue               │ SaleRejected
///                 │ │ CancellationRequested    │ CancelOrder                  │
///                 ▼ └───────────────▶ Cancelling ◀────────────────────────────┘
///             Cancelled ◀──StockReleased and PaymentRefunded──┘  (asked for again until they come)
/// </code>
/// An order is born Placed: <see cref="PlaceOrder"/> writes it, together with its ReserveStock and its first deadline.
/// </summary>
public sealed partial class OrderSaga : MassTransitStateMachine<Order>
{
    readonly TimeProvider _clock;
    readonly KeptTracesOptions _keptTraces;
    readonly ILogger _logger;

    public OrderSaga(
        IOptions<OrderSagaOptions> options, IOptions<KeptTracesOptions> keptTraces, TimeProvider clock, ILogger<OrderSaga> logger)
    {
        (_clock, _keptTraces, _logger) = (clock, keptTraces.Value, logger);
        InstanceState(order => order.Status);
        Correlate();
        Schedule(() => StockOverdue, order => order.DeadlineToken, timer =>
        {
            timer.Delay = options.Value.StockTimeLimit;
            timer.Received = on => on.CorrelateById(x => x.Message.OrderId);
        });
        Schedule(() => PaymentOverdue, order => order.DeadlineToken, timer =>
        {
            timer.Delay = options.Value.PaymentTimeLimit;
            timer.Received = on => on.CorrelateById(x => x.Message.OrderId);
        });
        Schedule(() => CompensationOverdue, order => order.DeadlineToken, timer =>
        {
            timer.Delay = options.Value.CompensationTimeLimit;
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

    public Event<StockReserved> Reserved { get; } = null!;
    public Event<StockRejected> Rejected { get; } = null!;
    public Event<StockReleased> Released { get; } = null!;
    public Event<SaleRejected> SaleRejected { get; } = null!;
    public Event<PaymentTaken> Paid { get; } = null!;
    public Event<PaymentDeclined> Declined { get; } = null!;
    public Event<PaymentRefunded> Refunded { get; } = null!;
    public Event<CancellationRequested> CancelRequested { get; } = null!;

    public Schedule<Order, StockOverdue> StockOverdue { get; } = null!;
    public Schedule<Order, PaymentOverdue> PaymentOverdue { get; } = null!;
    public Schedule<Order, CompensationOverdue> CompensationOverdue { get; } = null!;

    // An answer to an order that does not exist is somebody's mistake: it becomes a dead letter instead of vanishing.
    void Correlate()
    {
        Event(() => Reserved, on => on.CorrelateById(x => x.Message.OrderId).OnMissingInstance(order => order.Fault()));
        Event(() => Rejected, on => on.CorrelateById(x => x.Message.OrderId).OnMissingInstance(order => order.Fault()));
        Event(() => Released, on => on.CorrelateById(x => x.Message.OrderId).OnMissingInstance(order => order.Fault()));
        Event(() => SaleRejected, on => on.CorrelateById(x => x.Message.OrderId).OnMissingInstance(order => order.Fault()));
        Event(() => Paid, on => on.CorrelateById(x => x.Message.OrderId).OnMissingInstance(order => order.Fault()));
        Event(() => Declined, on => on.CorrelateById(x => x.Message.OrderId).OnMissingInstance(order => order.Fault()));
        Event(() => Refunded, on => on.CorrelateById(x => x.Message.OrderId).OnMissingInstance(order => order.Fault()));
        Event(() => CancelRequested, on => on.CorrelateById(x => x.Message.OrderId).OnMissingInstance(order => order.Fault()));
    }

    void WhilePlaced() => During(Placed,
        When(Reserved)
            .Then(x => Record(x, OrderStatus.StockReserved, Services.Inventory, "Stock reserved"))
            .Publish(x => new TakePayment(x.Saga.CorrelationId, x.Saga.Total, x.Saga.PaymentToken, x.Saga.CustomerId))
            .Schedule(PaymentOverdue, x => new PaymentOverdue(x.Saga.CorrelationId))
            .TransitionTo(StockReserved),
        When(Rejected)
            .Then(x => Record(
                x, OrderStatus.Cancelled, Services.Inventory, $"Out of stock: {string.Join(", ", x.Message.MissingSkus)}"))
            .Then(x => x.Saga.Cancel(CancelReason.OutOfStock, stock: false, money: false))
            .Unschedule(StockOverdue)
            .Publish(Cancellation)
            .TransitionTo(Cancelled),
        Compensating(When(StockOverdue.Received)
            .Then(x => Record(x, OrderStatus.Cancelling, Services.Ordering, "Inventory did not answer in time"))
            .Then(x => x.Saga.Cancel(CancelReason.StockTimeout, stock: true, money: false))),
        Compensating(When(CancelRequested)
            .Then(x => Record(x, OrderStatus.Cancelling, Services.Customer, "Cancelled by the customer"))
            .Then(x => x.Saga.Cancel(CancelReason.CustomerRequest, stock: true, money: false))),
        Ignore(Released));

    void WhileStockReserved() => During(StockReserved,
        When(Paid)
            .Then(x => Record(x, OrderStatus.Confirmed, Services.Payment, "Payment taken"))
            .Then(x => x.Saga.Confirm(_clock.GetUtcNow()))
            .Unschedule(PaymentOverdue)
            .Publish(x => new OrderConfirmed(x.Saga.CorrelationId, x.Saga.Version))
            .TransitionTo(Confirmed),
        Compensating(When(Declined)
            .Then(x => Record(x, OrderStatus.Cancelling, Services.Payment, $"Payment declined: {x.Message.Code}"))
            .Then(x => x.Saga.Cancel(CancelReason.PaymentDeclined, stock: true, money: false))),
        MoneyWentBack(),
        // Whether the money was taken is unknown. Payment finds out, and gives it back if it was.
        Compensating(When(PaymentOverdue.Received)
            .Then(x => Record(x, OrderStatus.Cancelling, Services.Ordering, "Payment did not answer in time"))
            .Then(x => x.Saga.Cancel(CancelReason.PaymentTimeout, stock: true, money: true))),
        Compensating(When(CancelRequested)
            .Then(x => Record(x, OrderStatus.Cancelling, Services.Customer, "Cancelled by the customer"))
            .Then(x => x.Saga.Cancel(CancelReason.CustomerRequest, stock: true, money: true))),
        Ignore(Reserved));

    void WhileCancelling()
    {
        During(Cancelling,
            When(Released, x => x.Saga.AwaitsStockRelease)
                .Then(x => x.Saga.AwaitsStockRelease = false)
                .Then(x => Record(x, AfterCompensation(x.Saga), Services.Inventory, "Stock released"))
                .IfElse(x => IsCompensated(x.Saga), End, stillWaiting => stillWaiting),
            When(Refunded, x => x.Saga.AwaitsRefund)
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
            // Late: the RefundPayment or ReleaseStock that is on its way covers what these announce.
            Ignore(Reserved), Ignore(Rejected), Ignore(Declined), Ignore(SaleRejected), Ignore(CancelRequested),
            When(Paid, x => !x.Saga.AwaitsRefund)
                .Then(x => x.Saga.AwaitsRefund = true)
                .Publish(x => new RefundPayment(x.Saga.CorrelationId)));
    }

    void WhenConfirmed() => During(Confirmed,
        Compensating(When(CancelRequested)
            .Then(x => Record(x, OrderStatus.Cancelling, Services.Customer, "Cancelled by the customer"))
            .Then(x => x.Saga.Cancel(CancelReason.CustomerRequest, stock: true, money: true))),
        // The confirmation reached Inventory after the hold had run out, and somebody else has the goods.
        Compensating(When(SaleRejected)
            .Then(x => Record(x, OrderStatus.Cancelling, Services.Inventory, "The hold had run out, and so has the stock"))
            .Then(x => x.Saga.Cancel(CancelReason.OutOfStock, stock: true, money: true))),
        MoneyWentBack(),
        Ignore(Reserved), Ignore(Rejected), Ignore(Released), Ignore(Paid), Ignore(Declined));

    // Nobody asked for it: the customer has the money back by the card network's fraud screening or by a person there. Nobody gets goods
    // for no money, and charging again would be against whoever gave it back. The PaymentTaken before it may still be on its way.
    EventActivityBinder<Order, PaymentRefunded> MoneyWentBack() => Compensating(When(Refunded)
        .Then(x => Record(
            x, OrderStatus.Cancelling, Services.Payment, $"The payment was given back from outside: {x.Message.Amount:0.00} EUR"))
        .Then(x => x.Saga.Cancel(CancelReason.PaymentDeclined, stock: true, money: false)));

    // Nobody keeps money or stock for a cancelled order, however late it arrives.
    void WhenCancelled() => During(Cancelled,
        When(Reserved).Publish(x => new ReleaseStock(x.Saga.CorrelationId)),
        When(Paid).Publish(x => new RefundPayment(x.Saga.CorrelationId)),
        Ignore(Rejected), Ignore(Released), Ignore(SaleRejected), Ignore(Declined), Ignore(Refunded), Ignore(CancelRequested));

    EventActivityBinder<Order, T> Compensating<T>(EventActivityBinder<Order, T> arrow) where T : class => arrow
        .Publish(x => new ReleaseStock(x.Saga.CorrelationId))
        .If(x => x.Saga.AwaitsRefund, refund => refund.Publish(x => new RefundPayment(x.Saga.CorrelationId)))
        .Schedule(CompensationOverdue, x => new CompensationOverdue(x.Saga.CorrelationId))
        .TransitionTo(Cancelling);

    EventActivityBinder<Order, T> End<T>(EventActivityBinder<Order, T> arrow) where T : class =>
        arrow.Unschedule(CompensationOverdue).Publish(Cancellation).TransitionTo(Cancelled);

    static OrderCancelled Cancellation(BehaviorContext<Order> x) =>
        new(x.Saga.CorrelationId, x.Saga.CustomerId, x.Saga.Reason!, x.Saga.Version);

    void Record(BehaviorContext<Order> context, string status, string service, string what)
    {
        var (order, now) = (context.Saga, _clock.GetUtcNow());
        var isChange = status != order.Status;
        var reason = _keptTraces.ReasonToKeep(order, status, now);
        order.Record(status, service, what, now);
        var kept = reason is null ? null : KeptTrace.Begin(order, status, reason);
        if (isChange)
        {
            context.AfterCommit(() => Tell(order, status, what));
        }

        if (kept is not null)
        {
            context.AfterCommit(kept.End);
        }
    }

    // To the trace and to the log.
    void Tell(Order order, string status, string what)
    {
        var reason = status == OrderStatus.Confirmed ? null : order.Reason;
        OrderOfTrace.Became(status, reason);
        if (reason is not null)
        {
            LogEnding(order.CorrelationId, status, reason, what);
        }
        else
        {
            LogBecame(order.CorrelationId, status, what);
        }
    }

    static bool IsCompensated(Order order) => order is { AwaitsStockRelease: false, AwaitsRefund: false };

    static string AfterCompensation(Order order) =>
        IsCompensated(order) ? OrderStatus.Cancelled : OrderStatus.Cancelling;

    [LoggerMessage(LogLevel.Information, "Order {OrderId} became {Status}: {What}")]
    partial void LogBecame(Guid orderId, string status, string what);

    [LoggerMessage(LogLevel.Information, "Order {OrderId} became {Status} ({Reason}): {What}")]
    partial void LogEnding(Guid orderId, string status, string reason, string what);
}

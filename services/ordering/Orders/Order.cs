using System.Diagnostics;
using MassTransit;
using Shop.Contracts.Ordering;

namespace Shop.Ordering.Orders;

/// <summary>
/// An order, and at the same time the state of its saga: the customer's status is the saga's state, so the two can never
/// disagree. The decisions are in <see cref="Sagas.OrderSaga"/>, and this class has its state.
/// </summary>
public sealed class Order : SagaStateMachineInstance
{
    Order()
    {
    }

    /// <summary>The order id.</summary>
    public Guid CorrelationId { get; set; }

    public string CustomerId { get; private init; } = "";

    /// <summary>Placed, StockReserved, Confirmed, Cancelling or Cancelled: a state of <see cref="Sagas.OrderSaga"/>.</summary>
    public string Status { get; set; } = "";

    /// <summary>Why the order was or is being cancelled; one of <see cref="CancelReason"/>.</summary>
    public string? Reason { get; private set; }

    public IReadOnlyList<OrderLine> Lines { get; private init; } = [];

    /// <summary>In EUR.</summary>
    public decimal Total { get; private init; }

    /// <summary>The payment provider's token for the payment method.</summary>
    public string PaymentToken { get; private init; } = "";

    public DateTimeOffset PlacedAt { get; private init; }

    public DateTimeOffset? ConfirmedAt { get; private set; }

    /// <summary>Grows by one with each step. Versions give the order of events, because clocks may differ.</summary>
    public int Version { get; private set; }

    /// <summary>What happened so far, oldest first.</summary>
    public IReadOnlyList<TimelineStep> Timeline { get; private set; } = [];

    /// <summary>The scheduled message that ends the present wait; null while nothing is waited for.</summary>
    public Guid? DeadlineToken { get; set; }

    /// <summary>True until Inventory has said that the order holds no stock.</summary>
    public bool AwaitsStockRelease { get; set; }

    /// <summary>True until Payment has said that it keeps no money.</summary>
    public bool AwaitsRefund { get; set; }

    public bool IsTerminal => Status is OrderStatus.Confirmed or OrderStatus.Cancelled;

    public static Order Place(
        Guid id, string customerId, IReadOnlyList<OrderLine> lines, string paymentToken, DateTimeOffset now)
    {
        var order = new Order
        {
            CorrelationId = id,
            CustomerId = customerId,
            Status = OrderStatus.Placed,
            Lines = lines,
            Total = lines.Sum(line => line.Quantity * line.UnitPrice),
            PaymentToken = paymentToken,
            PlacedAt = now,
        };
        order.Record(OrderStatus.Placed, Services.Ordering, "Order placed", now);
        return order;
    }

    public OrderPlaced ToOrderPlaced() => new(
        CorrelationId, CustomerId, [.. Lines.Select(ToPlaced)], Total, PlacedAt, Version);

    static PlacedLine ToPlaced(OrderLine line) => new(line.Sku, line.Quantity, line.UnitPrice);

    public OrderCancelled ToOrderCancelled() => new(CorrelationId, CustomerId, Reason!, Version);

    /// <summary>Adds a step to the timeline.</summary>
    /// <param name="status">The status from this step on.</param>
    /// <param name="service">Who did it.</param>
    /// <param name="what">What was done, for people.</param>
    public void Record(string status, string service, string what, DateTimeOffset now)
    {
        Version++;
        var traceId = Activity.Current?.TraceId.ToHexString();
        Timeline = [.. Timeline, new(Version, now, service, what, status, traceId)];
    }

    public void Confirm(DateTimeOffset now) => ConfirmedAt = now;

    /// <summary>Decides whether a customer may cancel the order now.</summary>
    /// <param name="window">How long a confirmed order can be cancelled.</param>
    public CancelDecision DecideCancel(DateTimeOffset now, TimeSpan window) => Status switch
    {
        OrderStatus.Cancelling => CancelDecision.UnderWay,
        OrderStatus.Cancelled => Reason == CancelReason.CustomerRequest ? CancelDecision.UnderWay : CancelDecision.Ended,
        OrderStatus.Confirmed when now - ConfirmedAt > window => CancelDecision.TooLate,
        _ => CancelDecision.Accepted,
    };

    /// <summary>Records why the order is cancelled, and what has to be given back before that.</summary>
    public void Cancel(string reason, bool stock, bool money)
    {
        Reason = reason;
        AwaitsStockRelease = stock;
        AwaitsRefund = money;
    }
}

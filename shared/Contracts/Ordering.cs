namespace Shop.Contracts.Ordering;

// Announces.

/// <summary>
/// A customer has placed an order, and the shop has accepted it. No service of the shop needs this event. It is for subscribers.
/// </summary>
/// <param name="Total">In EUR, two decimals.</param>
/// <param name="Version">
/// That of the order, which grows with each of its steps: of two events of one order the one with the higher version came later,
/// in whatever order they arrive.
/// </param>
public sealed record OrderPlaced(
    Guid OrderId, string CustomerId, IReadOnlyList<PlacedLine> Lines, decimal Total, DateTimeOffset PlacedAt, int Version);

/// <summary>The order is paid and will be delivered. Inventory turns the hold into a sale.</summary>
/// <param name="Version">As in <see cref="OrderPlaced"/>; 0 from a release that did not send it.</param>
public sealed record OrderConfirmed(Guid OrderId, int Version = 0);

/// <summary>
/// The order has ended without its customer getting anything: it holds no stock, and no money for it is kept. It also comes after an
/// OrderConfirmed, if a confirmed order is undone. It is for subscribers, like <see cref="OrderPlaced"/>.
/// </summary>
/// <param name="Reason">
/// <c>out_of_stock</c>, <c>payment_declined</c>, <c>payment_timeout</c>, <c>stock_timeout</c> or <c>customer_request</c>; more may come.
/// </param>
/// <param name="Version">As in <see cref="OrderPlaced"/>. It is the highest of the order: nothing follows on a cancellation.</param>
public sealed record OrderCancelled(Guid OrderId, string CustomerId, string Reason, int Version);

/// <summary>How many of one product, at the price at which it was ordered.</summary>
/// <param name="UnitPrice">In EUR, two decimals.</param>
public sealed record PlacedLine(string Sku, int Quantity, decimal UnitPrice);

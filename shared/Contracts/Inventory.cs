namespace Shop.Contracts.Inventory;

// Accepts.

/// <summary>Hold stock for an order: every line or none. Answered by StockReserved or StockRejected.</summary>
public sealed record ReserveStock(Guid OrderId, IReadOnlyList<StockLine> Lines);

/// <summary>
/// Give back what an order holds or has bought. Always answered by StockReleased, also when there was nothing to give
/// back; a ReserveStock of the same order that arrives later is ignored.
/// </summary>
public sealed record ReleaseStock(Guid OrderId);

// Announces.

/// <summary>Every line of the order is held.</summary>
public sealed record StockReserved(Guid OrderId);

/// <summary>Nothing is held for the order, because these products are short.</summary>
public sealed record StockRejected(Guid OrderId, IReadOnlyList<string> MissingSkus);

/// <summary>The order holds no stock and never will again.</summary>
public sealed record StockReleased(Guid OrderId);

/// <summary>
/// The order was confirmed after its hold had run out, and the stock is gone. This is the only case in which the shop itself undoes a
/// confirmed order.
/// </summary>
public sealed record SaleRejected(Guid OrderId, IReadOnlyList<string> MissingSkus);

/// <summary>
/// A product as others may copy it (event-carried state). <paramref name="Version"/> grows by one with each change of the
/// product: a copy keeps the highest it has seen, in whatever order the events arrive.
/// </summary>
/// <param name="Price">In EUR, two decimals.</param>
public sealed record ProductChanged(string Sku, string Name, decimal Price, long Version);

/// <summary>How many of one product. A message carries each Sku once.</summary>
public sealed record StockLine(string Sku, int Quantity);

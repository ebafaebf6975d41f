namespace Shop.Ordering.Sagas;

// Messages of ordering to itself. They never leave the service.

/// <summary>Inventory has not answered in time.</summary>
public sealed record StockOverdue(Guid OrderId);

/// <summary>Payment has not answered in time.</summary>
public sealed record PaymentOverdue(Guid OrderId);

/// <summary>A compensation has not been answered in time.</summary>
public sealed record CompensationOverdue(Guid OrderId);

/// <summary>The customer wants the order cancelled, and has been told that it will be.</summary>
public sealed record CancellationRequested(Guid OrderId);

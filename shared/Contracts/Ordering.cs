namespace Shop.Contracts.Ordering;

// Announces.

/// <summary>The order is paid and will be delivered. Inventory turns the hold into a sale.</summary>
public sealed record OrderConfirmed(Guid OrderId);

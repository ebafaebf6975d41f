namespace Shop.Ordering.Orders;

/// <summary>A quantity of one product, with its price in EUR when the order was placed.</summary>
public sealed record OrderLine(string Sku, int Quantity, decimal UnitPrice);

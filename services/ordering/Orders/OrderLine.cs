namespace Shop.Ordering.Orders;

/// <summary>How many of one product, at the price of the moment the order was placed, in EUR.</summary>
public sealed record OrderLine(string Sku, int Quantity, decimal UnitPrice);

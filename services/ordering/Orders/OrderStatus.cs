namespace Shop.Ordering.Orders;

/// <summary>The states of the saga as customers see them.</summary>
public static class OrderStatus
{
    public const string Placed = "Placed";
    public const string StockReserved = "StockReserved";
    public const string Confirmed = "Confirmed";
    public const string Cancelling = "Cancelling";
    public const string Cancelled = "Cancelled";

    public static IReadOnlyList<string> All { get; } = [Placed, StockReserved, Confirmed, Cancelling, Cancelled];
}

namespace Shop.Ordering.Orders;

/// <summary>Why an order ends without its customer getting anything.</summary>
public static class CancelReason
{
    public const string OutOfStock = "out_of_stock";
    public const string PaymentDeclined = "payment_declined";
    public const string PaymentTimeout = "payment_timeout";
    public const string StockTimeout = "stock_timeout";
    public const string CustomerRequest = "customer_request";

    public static IReadOnlyList<string> All { get; } = [OutOfStock, PaymentDeclined, PaymentTimeout, StockTimeout, CustomerRequest];
}

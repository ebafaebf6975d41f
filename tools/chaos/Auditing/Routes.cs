namespace Shop.Chaos.Auditing;

/// <summary>
/// A kind of message, and the one endpoint of the shop's that has to handle it. docs/messages.md says the same of the contract's.
/// </summary>
/// <param name="Kind">As exchanges name it.</param>
/// <param name="Sender">The service that sends it.</param>
/// <param name="Receiver">The service that handles it.</param>
/// <param name="IsDeadline">It is sent for later, and may be taken back until then.</param>
public sealed record Route(string Kind, string Sender, string Receiver, string Endpoint, bool IsDeadline = false)
{
    const string Stock = "inventory-stock";
    const string Payments = "payment-payments";
    const string Orders = "ordering-orders";
    const string Products = "ordering-products";

    /// <summary>Every kind that has a receiver.</summary>
    public static IReadOnlyList<Route> All { get; } =
    [
        new("Shop.Contracts.Inventory:ReserveStock", "ordering", "inventory", Stock),
        new("Shop.Contracts.Inventory:ReleaseStock", "ordering", "inventory", Stock),
        new("Shop.Contracts.Ordering:OrderConfirmed", "ordering", "inventory", Stock),
        new("Shop.Contracts.Inventory:StockReserved", "inventory", "ordering", Orders),
        new("Shop.Contracts.Inventory:StockRejected", "inventory", "ordering", Orders),
        new("Shop.Contracts.Inventory:StockReleased", "inventory", "ordering", Orders),
        new("Shop.Contracts.Inventory:SaleRejected", "inventory", "ordering", Orders),
        new("Shop.Contracts.Inventory:ProductChanged", "inventory", "ordering", Products),
        new("Shop.Contracts.Payment:TakePayment", "ordering", "payment", Payments),
        new("Shop.Contracts.Payment:RefundPayment", "ordering", "payment", Payments),
        new("Shop.Contracts.Payment:PaymentTaken", "payment", "ordering", Orders),
        new("Shop.Contracts.Payment:PaymentDeclined", "payment", "ordering", Orders),
        new("Shop.Contracts.Payment:PaymentRefunded", "payment", "ordering", Orders),
        new("Shop.Ordering.Sagas:CancellationRequested", "ordering", "ordering", Orders),
        new("Shop.Ordering.Sagas:StockOverdue", "ordering", "ordering", Orders, IsDeadline: true),
        new("Shop.Ordering.Sagas:PaymentOverdue", "ordering", "ordering", Orders, IsDeadline: true),
        new("Shop.Ordering.Sagas:CompensationOverdue", "ordering", "ordering", Orders, IsDeadline: true),
    ];

    /// <summary>The announcements that no service handles.</summary>
    public static IReadOnlyList<string> Announcements { get; } =
        ["Shop.Contracts.Ordering:OrderPlaced", "Shop.Contracts.Ordering:OrderCancelled"];
}

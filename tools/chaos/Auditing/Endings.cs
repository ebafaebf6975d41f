namespace Shop.Chaos.Auditing;

/// <summary>
/// How orders end without getting anything, and which of these ends have a reason in the order itself. The list is closed: an end that is
/// not on it needs a fault that explains it.
/// </summary>
public static class Endings
{
    public const string OutOfStock = "out_of_stock";
    public const string PaymentDeclined = "payment_declined";
    public const string PaymentTimeout = "payment_timeout";
    public const string StockTimeout = "stock_timeout";
    public const string CustomerRequest = "customer_request";

    static readonly string[] _declined = ["tok_declined", "tok_insufficient_funds"];

    // The provider never answers such a charge. With some tokens it takes the money first, which payment finds out after a while.
    static readonly string[] _unanswered = ["tok_outage", "tok_timeout"];

    /// <param name="reason">Null for an order that was not cancelled.</param>
    /// <param name="payment">Its payment token.</param>
    /// <param name="isScarce">Whether there may be too little of what it asks for.</param>
    /// <param name="isCancelled">Whether its customer wanted it cancelled.</param>
    public static bool HasItsReason(string? reason, string payment, bool isScarce, bool isCancelled) => reason switch
    {
        null => true,
        OutOfStock => isScarce,
        PaymentDeclined => _declined.Contains(payment),
        PaymentTimeout => _unanswered.Contains(payment),
        CustomerRequest => isCancelled,
        _ => false,
    };
}

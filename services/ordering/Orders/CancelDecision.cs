namespace Shop.Ordering.Orders;

/// <summary>Whether a customer may cancel an order.</summary>
public enum CancelDecision
{
    /// <summary>It will be cancelled, from whatever state it has moved on to meanwhile.</summary>
    Accepted,

    /// <summary>It is being cancelled already, or was at the customer's wish.</summary>
    UnderWay,

    /// <summary>It was cancelled for another reason.</summary>
    Ended,

    /// <summary>It was confirmed too long ago.</summary>
    TooLate,
}

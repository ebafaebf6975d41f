namespace Shop.Payment.Payments;

/// <summary>Where the money for an order is.</summary>
enum PaymentState
{
    /// <summary>To be taken; the payment provider may or may not have been asked.</summary>
    Pending,

    /// <summary>Taken.</summary>
    Taken,

    /// <summary>Refused by the payment provider.</summary>
    Declined,

    /// <summary>Not wanted any more, but possibly taken. The provider has to be asked.</summary>
    Voiding,

    /// <summary>Not taken, and never to be.</summary>
    Voided,

    /// <summary>Taken, and to be given back.</summary>
    Refunding,

    /// <summary>Given back.</summary>
    Refunded,
}

using Shop.Contracts.Payment;

namespace Shop.Payment.Payments;

/// <summary>What a command about a payment leads to.</summary>
/// <param name="Created">The payment to insert; null if the order has one.</param>
/// <param name="Event">The event to publish; null while the outcome is open.</param>
sealed record PaymentDecision(PaymentIntent? Created, PaymentEvent? Event);

/// <summary>What others are told about a payment. The conversions list every event there is.</summary>
/// <param name="Message">The message to publish.</param>
// The casts: without them overload resolution takes the copy constructor, through the same conversion, without end.
sealed record PaymentEvent(object Message)
{
    public static implicit operator PaymentEvent(PaymentTaken message) => new((object)message);

    public static implicit operator PaymentEvent(PaymentDeclined message) => new((object)message);

    public static implicit operator PaymentEvent(PaymentRefunded message) => new((object)message);
}

namespace Shop.Contracts.Payment;

// Accepts.

/// <summary>
/// Take the money for an order, once. Answered by PaymentTaken or PaymentDeclined as soon as the outcome is known for
/// certain, however long that takes; the sender keeps its own deadline.
/// </summary>
/// <param name="Amount">In EUR, two decimals.</param>
/// <param name="Token">The payment provider's token for the payment method; never a card number.</param>
/// <param name="CustomerId">Whose order it is, so that only they may look at its payment.</param>
public sealed record TakePayment(Guid OrderId, decimal Amount, string Token, string CustomerId);

/// <summary>
/// Give back whatever was taken for an order, and take nothing for it any more. Always answered by PaymentRefunded, also
/// when nothing was taken; a TakePayment of the same order that arrives later is ignored.
/// </summary>
public sealed record RefundPayment(Guid OrderId);

// Announces.

/// <summary>The money is in the shop's account.</summary>
public sealed record PaymentTaken(Guid OrderId);

/// <summary>The payment provider refused, for good. Nothing was taken.</summary>
/// <param name="Code">The payment provider's reason, such as <c>insufficient_funds</c>.</param>
public sealed record PaymentDeclined(Guid OrderId, string Code);

/// <summary>
/// The shop keeps no money for the order and never will again. Also announced when nobody of the shop asked for it: the
/// payment provider, or a person there, has given the money back.
/// </summary>
/// <param name="Amount">What was given back in EUR; 0 if nothing had been taken.</param>
public sealed record PaymentRefunded(Guid OrderId, decimal Amount);

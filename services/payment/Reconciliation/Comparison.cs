using Shop.Payment.Provider;
using Shop.Payment.Payments;

namespace Shop.Payment.Reconciliation;

/// <summary>Compares a charge in the ledger with its payment. It is pure, so that tests cover every case.</summary>
static class Comparison
{
    /// <summary>
    /// True if the payment can learn from the charge: it is the charge that was made for it, and nobody is at work on
    /// it.
    /// </summary>
    public static bool IsNews(ReplyBody.Charge charge, PaymentIntent payment) =>
        payment is { NextAttemptAt: null, Amount: > 0 } && charge.IsFor(payment.Wanted)
            && payment.ChargeId is var known && (known is null || known == charge.Id);

    /// <returns>What is expected and what was found; null if they agree, or soon will.</returns>
    public static (string Expected, string Found)? Of(ReplyBody.Charge charge, PaymentIntent? payment)
    {
        var found = $"{charge.Amount:0.00} EUR {Word(charge)}, {charge.Refunded:0.00} given back";
        if (payment is null)
        {
            return charge.Kept == 0 ? null : ("a payment", found);
        }

        // The worker asks the ledger by itself for such a payment, so they are compared afterwards. But an answer that is recorded late may
        // be older than a refund, and the sweep comes by each change once.
        if (payment.NextAttemptAt is not null)
        {
            return charge.Refunded == 0 ? null : ("what its attempt finds out", found);
        }

        if (!IsNews(charge, payment))
        {
            return charge.Kept == 0 ? null : ($"no charge beside that of the payment, {payment.ChargeId ?? "which has none"}", found);
        }

        var isRight = (payment.State, Meanings.OfStatus(charge)) switch
        {
            (PaymentState.Taken, ChargeAnswer.Succeeded { Refunded: 0 }) => true,
            (PaymentState.Refunded, ChargeAnswer.Succeeded { Refunded: var refunded }) => refunded == payment.Amount,
            (PaymentState.Declined or PaymentState.Voided, ChargeAnswer.Declined) => true,
            _ => false,
        };
        return isRight ? null : ($"{payment.State}, {payment.Amount:0.00} EUR", found);
    }

    static string Word(ReplyBody.Charge charge) =>
        charge.Status is "succeeded" or "declined" or "refunded" ? charge.Status : "of a status that is not known";
}

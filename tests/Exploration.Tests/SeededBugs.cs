using Shop.Inventory.Reservations;
using Shop.Payment.Payments;

namespace Shop.Exploration.Tests;

/// <summary>No reconciliation compares the payments with the payment provider's ledger.</summary>
class NoReconciliation(SagaDecisions saga) : Decisions(saga)
{
    public override (PaymentView After, IReadOnlyList<Mail> Sent) Reconcile(PaymentView before, Ledger ledger) => (before, []);
}

/// <summary>A charge that lands after its order was given up counts as not made, and no sweep finds it.</summary>
sealed class NoRefundOfLatePayment(SagaDecisions saga) : NoReconciliation(saga)
{
    public override (PaymentView After, IReadOnlyList<Mail> Sent) Record(PaymentView before, Attempt attempt) =>
        base.Record(before, before.State == PaymentState.Voiding && attempt.Phase == Phase.Succeeded
            ? attempt with { Phase = Phase.NotFound, IsSettled = true }
            : attempt);
}

/// <summary>An order without stock ends at once, though it says that it waits for stock to come back.</summary>
sealed class AwaitsStockWithoutReservation(SagaDecisions saga) : Decisions(saga)
{
    public override async Task<SagaOutcome> Saga(SagaView before, Mail mail)
    {
        var outcome = await base.Saga(before, mail);
        return mail == Mail.StockRejected ? outcome with { After = outcome.After with { AwaitsStock = true } } : outcome;
    }
}

/// <summary>A repeated ReserveStock holds again.</summary>
sealed class NoDuplicateCheck(SagaDecisions saga) : Decisions(saga)
{
    public override (ReservationState? After, IReadOnlyList<Mail> Sent) Reserve(ExploredState state, ReservationState? before) =>
        base.Reserve(state, null);
}

/// <summary>A ReleaseStock that overtakes its ReserveStock is answered, but no tombstone is stored.</summary>
sealed class ReleaseNotRecorded(SagaDecisions saga) : Decisions(saga)
{
    public override (ReservationState? After, IReadOnlyList<Mail> Sent) Release(ExploredState state, ReservationState? before)
    {
        var (after, sent) = base.Release(state, before);
        return (before is null ? null : after, sent);
    }
}

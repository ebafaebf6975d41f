using Shop.Payment.Payments;

namespace Shop.Exploration.Tests;

/// <summary>The next moves of the payment worker and the payment provider.</summary>
sealed class WorkerMoves(Decisions decisions)
{
    /// <summary>A worker without failures, in one step.</summary>
    public void AtOnce(ExploredState state, int index, List<(string, ExploredState)> moves)
    {
        var order = state.Orders[index];
        if (order.Payment is not { Next: Next.Due } payment)
        {
            return;
        }

        Ledger[] outcomes = payment.State == PaymentState.Refunding ? [Ledger.Refunded]
            : order.Ledger != Ledger.Nothing || payment.State == PaymentState.Voiding ? [order.Ledger]
            : [Ledger.Succeeded, Ledger.Declined];
        foreach (var outcome in outcomes)
        {
            var next = state.With(index, one => one.Ledger = outcome, out var paying);
            var phase = outcome switch
            {
                Ledger.Nothing => Phase.NotFound,
                Ledger.Declined => Phase.Declined,
                Ledger.Refunded => Phase.Refunded,
                _ => Phase.Succeeded,
            };
            var attempt = new Attempt(payment.State, payment.Attempts == 0, IsSettled: true, IsLatest: true, phase);
            var (after, sent) = decisions.Record(Decisions.BeginAttempt(payment), attempt);
            paying.Payment = after;
            paying.Send(sent);
            moves.Add(($"the worker ends an attempt: {outcome}", next));
        }
    }

    /// <summary>A worker that may crash, or be stopped past its lease and wake up, between any two steps.</summary>
    public void StepByStep(ExploredState state, int index, List<(string, ExploredState)> moves)
    {
        var order = state.Orders[index];
        if (order.Payment is { Next: Next.Due } payment && order.Attempt is null)
        {
            // The rule of PaymentLeases: a charge has settled when none is under way any more, or when it lands later than expected.
            var settled = payment.InDoubt && !order.ChargeInFlight && order.Sleeper is not { Phase: Phase.Sent };
            var late = payment.InDoubt && !settled && order.LateLandingsLeft > 0;
            foreach (var isSettled in settled || late ? [true, false] : new[] { !payment.InDoubt })
            {
                moves.Add(("the worker leases the payment", state.With(index, one =>
                {
                    one.LateLandingsLeft -= late && isSettled ? 1 : 0;
                    one.Attempt = new(payment.State, payment.Attempts == 0, isSettled, IsLatest: true, Phase.Start);
                    one.Sleeper = one.Sleeper is { } sleeping ? sleeping with { IsLatest = false } : null;
                    one.Payment = Decisions.BeginAttempt(payment);
                }, out _)));
            }
        }

        if (order.ChargeInFlight)
        {
            foreach (var outcome in order.Ledger == Ledger.Nothing ? [Ledger.Succeeded, Ledger.Declined] : new[] { order.Ledger })
            {
                moves.Add(($"the charge arrives: {outcome}", state.With(index, one =>
                {
                    one.ChargeInFlight = false;
                    one.Ledger = outcome;
                }, out _)));
            }
        }

        Outside(state, index, moves);
        if (order.Attempt is { } attempt)
        {
            Attempt(state, index, attempt, mayCharge: true, (one, next) => one.Attempt = next, "the worker", moves);
            moves.Add(("the worker crashes", state.With(index, one => one.Attempt = null, out _)));
            if (order is { Sleeper: null, SleepsLeft: > 0 })
            {
                moves.Add(("the worker freezes and its lease ends", state.With(index, one =>
                {
                    one.SleepsLeft--;
                    one.Sleeper = one.Attempt;
                    one.Attempt = null;
                    EndLease(one);
                }, out _)));
            }
        }
        else if (order.Payment is { Next: Next.Leased })
        {
            moves.Add(("the lease ends", state.With(index, one => EndLease(one), out _)));
        }

        if (order.Sleeper is { } sleeper)
        {
            Attempt(state, index, sleeper, mayCharge: false, (one, next) => one.Sleeper = next, "the worker that woke up", moves);
            moves.Add(("the worker that slept never wakes up", state.With(index, one => one.Sleeper = null, out _)));
        }
    }

    // Refunds by others at the payment provider, and the sweep over its ledger that finds them.
    void Outside(ExploredState state, int index, List<(string, ExploredState)> moves)
    {
        var order = state.Orders[index];
        if (order is { Ledger: Ledger.Succeeded, OutsideRefundsLeft: > 0 })
        {
            moves.Add(("somebody gives the money back at the payment provider", state.With(index, one =>
            {
                one.OutsideRefundsLeft--;
                one.Ledger = Ledger.Refunded;
            }, out _)));
        }

        if (order.IsUnreconciled)
        {
            var next = state.With(index, _ => { }, out var reconciled);
            var (after, sent) = decisions.Reconcile(reconciled.Payment!.Value, reconciled.Ledger);
            reconciled.Payment = after;
            reconciled.Send(sent);
            moves.Add(("the sweep over the ledger finds it", next));
        }
    }

    // The rule of PaymentWorker: ask the ledger before the next charge, and never charge after the lease.
    void Attempt(
        ExploredState state, int index, Attempt attempt, bool mayCharge, Action<OrderWorld, Attempt?> put, string who,
        List<(string, ExploredState)> moves)
    {
        var order = state.Orders[index];
        void To(Phase phase, string what, Action<OrderWorld>? also = null) => moves.Add(($"{who} {what}", state.With(index, one =>
        {
            put(one, attempt with { Phase = phase });
            also?.Invoke(one);
        }, out _)));

        switch (attempt)
        {
            // After a refund that is refused because nothing is left, the worker reads the charge, which has the same information.
            case { Phase: Phase.Start, State: PaymentState.Refunding }:
                To(Phase.Refunded, "refunds", one => one.Ledger = Ledger.Refunded);
                To(Phase.NotDone, "cannot refund now");
                break;
            case { Phase: Phase.Start, IsFirst: false } when order.Ledger != Ledger.Nothing:
                To(PhaseOf(order.Ledger), "asks the ledger");
                To(Phase.Unknown, "asks and gets no answer");
                break;
            case { Phase: Phase.Start, IsFirst: false, State: PaymentState.Voiding }:
                To(Phase.NotFound, "asks the ledger, which has nothing");
                To(Phase.Unknown, "asks and gets no answer");
                break;
            case { Phase: Phase.Start }:
                To(Phase.NotDone, "does not get as far as a charge");
                if (mayCharge)
                {
                    To(Phase.Sent, "sends the charge", one => one.ChargeInFlight = true);
                }

                break;
            case { Phase: Phase.Sent }:
                To(Phase.Unknown, "gets no answer in time");
                if (!order.ChargeInFlight && order.Ledger != Ledger.Nothing)
                {
                    To(PhaseOf(order.Ledger), "gets the answer");
                }

                break;
            default:
                var next = state.With(index, one => put(one, null), out var recorded);
                var (after, sent) = decisions.Record(recorded.Payment!.Value, attempt);
                recorded.Payment = after;
                recorded.Send(sent);
                moves.Add(($"{who} records {attempt.Phase}", next));
                break;
        }
    }

    static Phase PhaseOf(Ledger ledger) => ledger switch
    {
        Ledger.Declined => Phase.Declined,
        Ledger.Refunded => Phase.Refunded,
        _ => Phase.Succeeded,
    };

    static void EndLease(OrderWorld order) =>
        order.Payment = order.Payment is { Next: Next.Leased } leased ? leased with { Next = Next.Due } : order.Payment;
}

using Shop.Inventory.Reservations;
using Shop.Payment.Payments;

namespace Shop.Exploration.Tests;

/// <summary>
/// Everything that can happen next in a world. A message that is lost before its commit comes back, which changes nothing; one
/// that is lost after it comes back as a duplicate. So a crash, anywhere, is one of these moves or none.
/// </summary>
sealed class Moves(Decisions decisions, bool paymentsAtOnce)
{
    public async Task<IReadOnlyList<(string What, World Next)>> From(World world)
    {
        var moves = new List<(string, World)>();
        for (var index = 0; index < world.Orders.Count; index++)
        {
            await Deliveries(world, index, moves);
            Deadlines(world, index, moves);
            if (paymentsAtOnce)
            {
                PaymentAtOnce(world, index, moves);
            }
            else
            {
                Worker(world, index, moves);
            }
        }

        return moves;
    }

    async Task Deliveries(World world, int index, List<(string, World)> moves)
    {
        for (var mail = Mail.ReserveStock; mail <= Mail.StaleCompensationOverdue; mail++)
        {
            if (world.Orders[index].Fresh[(int)mail] > 0)
            {
                var next = Take(world, index, one =>
                {
                    one.Fresh[(int)mail]--;
                    one.Repeatable[(int)mail] += one.DuplicatesLeft > 0 && mail < Mail.StaleStockOverdue ? 1 : 0;
                }, out var order);
                await Deliver(next, order, mail);
                moves.Add(($"deliver {mail}", next));
            }

            if (world.Orders[index].Repeatable[(int)mail] > 0)
            {
                var next = Take(world, index, one => Repeat(one, mail), out var order);
                await Deliver(next, order, mail);
                moves.Add(($"deliver {mail} again", next));
            }
        }
    }

    async Task Deliver(World world, OrderWorld order, Mail mail)
    {
        switch (mail)
        {
            case Mail.ReserveStock:
                Stock(decisions.Reserve(world, order.Reservation));
                break;
            case Mail.ReleaseStock:
                Stock(decisions.Release(world, order.Reservation));
                break;
            case Mail.OrderConfirmed:
                Stock(Decisions.Sell(world, order.Reservation ?? throw new InvalidOperationException("Confirmed without a reservation.")));
                break;
            case Mail.TakePayment:
                Money(decisions.Take(order.Payment));
                break;
            case Mail.RefundPayment:
                Money(Decisions.Refund(order.Payment));
                break;
            default:
                var outcome = await decisions.Saga(order.Saga, mail);
                if (outcome.After.Timer != order.Saga.Timer)
                {
                    MakeStale(order);
                }

                order.Saga = outcome.After;
                Send(order, outcome.Sent);
                break;
        }

        void Stock((ReservationState? After, IReadOnlyList<Mail> Sent) outcome)
        {
            order.Reservation = outcome.After;
            Send(order, outcome.Sent);
        }

        void Money((PaymentView After, IReadOnlyList<Mail> Sent) outcome)
        {
            order.Payment = outcome.After;
            Send(order, outcome.Sent);
        }
    }

    static void Deadlines(World world, int index, List<(string, World)> moves)
    {
        var order = world.Orders[index];
        var deadline = order.Saga.Status switch
        {
            "Placed" => Mail.StockOverdue,
            "StockReserved" => Mail.PaymentOverdue,
            _ => Mail.CompensationOverdue,
        };
        if (order.Saga.Timer == Timer.Pending && (deadline != Mail.CompensationOverdue || order.RemindersLeft > 0))
        {
            moves.Add(($"{deadline} falls due", Take(world, index, one =>
            {
                one.RemindersLeft -= deadline == Mail.CompensationOverdue ? 1 : 0;
                one.Saga = one.Saga with { Timer = Timer.Fired };
                one.Fresh[(int)deadline]++;
            }, out _)));
        }

        // The same condition as in CancelOrder.
        if (order is { CancelsLeft: > 0, Saga.Status: "Placed" or "StockReserved" or "Confirmed" })
        {
            moves.Add(("the customer cancels", Take(world, index, one =>
            {
                one.CancelsLeft--;
                one.Fresh[(int)Mail.CancellationRequested]++;
            }, out _)));
        }

        if (order is { Reservation: ReservationState.Held, ExpiriesLeft: > 0 })
        {
            var next = Take(world, index, one => one.ExpiriesLeft--, out var expiring);
            expiring.Reservation = Decisions.Expire(next, ReservationState.Held);
            moves.Add(("the hold runs out", next));
        }
    }

    // A worker that never fails, and nobody in between.
    void PaymentAtOnce(World world, int index, List<(string, World)> moves)
    {
        var order = world.Orders[index];
        if (order.Payment is not { Next: Next.Due } payment)
        {
            return;
        }

        Ledger[] outcomes = payment.State == PaymentState.Refunding ? [Ledger.Refunded]
            : order.Ledger != Ledger.Nothing || payment.State == PaymentState.Voiding ? [order.Ledger]
            : [Ledger.Succeeded, Ledger.Declined];
        foreach (var outcome in outcomes)
        {
            var next = Take(world, index, one => one.Ledger = outcome, out var paying);
            var phase = outcome switch
            {
                Ledger.Nothing => Phase.NotDone,
                Ledger.Declined => Phase.Declined,
                _ => Phase.Succeeded,
            };
            var attempt = new Attempt(payment.State, payment.Attempts == 0, IsSettled: true, IsLatest: true, phase);
            var (after, sent) = decisions.Record(payment with { Attempts = Math.Min(payment.Attempts + 1, 2), Next = Next.Leased }, attempt);
            paying.Payment = after;
            Send(paying, sent);
            moves.Add(($"the worker ends an attempt: {outcome}", next));
        }
    }

    void Worker(World world, int index, List<(string, World)> moves)
    {
        var order = world.Orders[index];
        if (order.Payment is { Next: Next.Due } payment && order.Attempt is null)
        {
            // As PaymentLeases has it. A charge has settled when none is under way any more.
            var settled = payment.InDoubt && !order.ChargeInFlight && order.Sleeper is not { Phase: Phase.Sent };
            foreach (var isSettled in settled ? [true, false] : new[] { !payment.InDoubt })
            {
                moves.Add(("the worker leases the payment", Take(world, index, one =>
                {
                    one.Attempt = new(payment.State, payment.Attempts == 0, isSettled, IsLatest: true, Phase.Start);
                    one.Sleeper = one.Sleeper is { } sleeping ? sleeping with { IsLatest = false } : null;
                    one.Payment = payment with
                    {
                        Attempts = Math.Min(payment.Attempts + 1, 2),
                        InDoubt = payment.InDoubt || payment.State == PaymentState.Pending,
                        Next = Next.Leased,
                    };
                }, out _)));
            }
        }

        if (order.ChargeInFlight)
        {
            foreach (var outcome in order.Ledger == Ledger.Nothing ? [Ledger.Succeeded, Ledger.Declined] : new[] { order.Ledger })
            {
                moves.Add(($"the charge arrives: {outcome}", Take(world, index, one =>
                {
                    one.ChargeInFlight = false;
                    one.Ledger = outcome;
                }, out _)));
            }
        }

        if (order.Attempt is { } attempt)
        {
            Attempt(world, index, attempt, mayCharge: true, (one, next) => one.Attempt = next, "the worker", moves);
            moves.Add(("the worker crashes", Take(world, index, one => one.Attempt = null, out _)));
            if (order is { Sleeper: null, SleepsLeft: > 0 })
            {
                moves.Add(("the worker freezes and its lease ends", Take(world, index, one =>
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
            moves.Add(("the lease ends", Take(world, index, one => EndLease(one), out _)));
        }

        if (order.Sleeper is { } sleeper)
        {
            Attempt(world, index, sleeper, mayCharge: false, (one, next) => one.Sleeper = next, "the worker that woke up", moves);
            moves.Add(("the worker that slept never wakes up", Take(world, index, one => one.Sleeper = null, out _)));
        }
    }

    // As PaymentWorker has it: ask before you charge again, and never charge past the lease.
    void Attempt(
        World world, int index, Attempt attempt, bool mayCharge, Action<OrderWorld, Attempt?> put, string who, List<(string, World)> moves)
    {
        var order = world.Orders[index];
        void To(Phase phase, string what, Action<OrderWorld>? also = null) => moves.Add(($"{who} {what}", Take(world, index, one =>
        {
            put(one, attempt with { Phase = phase });
            also?.Invoke(one);
        }, out _)));

        switch (attempt)
        {
            case { Phase: Phase.Start, State: PaymentState.Refunding }:
                To(Phase.Succeeded, "refunds", one => one.Ledger = Ledger.Refunded);
                To(Phase.NotDone, "cannot refund now");
                break;
            case { Phase: Phase.Start, IsFirst: false } when order.Ledger != Ledger.Nothing:
                To(order.Ledger == Ledger.Declined ? Phase.Declined : Phase.Succeeded, "asks the ledger");
                To(Phase.Unknown, "asks and gets no answer");
                break;
            case { Phase: Phase.Start, IsFirst: false, State: PaymentState.Voiding }:
                To(Phase.NotDone, "asks the ledger, which has nothing");
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
                    To(order.Ledger == Ledger.Declined ? Phase.Declined : Phase.Succeeded, "gets the answer");
                }

                break;
            default:
                var next = Take(world, index, one => put(one, null), out var recorded);
                var (after, sent) = decisions.Record(recorded.Payment!.Value, attempt);
                recorded.Payment = after;
                Send(recorded, sent);
                moves.Add(($"{who} records {attempt.Phase}", next));
                break;
        }
    }

    static void EndLease(OrderWorld order) => order.Payment = order.Payment is { Next: Next.Leased } leased ? leased with { Next = Next.Due } : order.Payment;

    // Once no more duplicates are to come, what could be repeated makes no difference any more.
    static void Repeat(OrderWorld order, Mail mail)
    {
        order.Repeatable[(int)mail]--;
        if (--order.DuplicatesLeft == 0)
        {
            Array.Clear(order.Repeatable);
        }
    }

    static void MakeStale(OrderWorld order)
    {
        for (var (current, stale) = (Mail.StockOverdue, Mail.StaleStockOverdue); current <= Mail.CompensationOverdue; current++, stale++)
        {
            order.Fresh[(int)stale] += order.Fresh[(int)current];
                order.Fresh[(int)current] = order.Repeatable[(int)current] = 0;
        }
    }

    static void Send(OrderWorld order, IReadOnlyList<Mail> mails)
    {
        foreach (var mail in mails)
        {
            order.Fresh[(int)mail]++;
        }
    }

    static World Take(World world, int index, Action<OrderWorld> change, out OrderWorld order)
    {
        var next = world.Clone();
        order = next.Orders[index];
        change(order);
        return next;
    }
}

using Shop.Inventory.Reservations;
using Shop.Ordering.Orders;

namespace Shop.Exploration.Tests;

/// <summary>
/// Everything that can happen next in a state. A message that is lost before its commit comes back, which changes nothing. One that is lost
/// after its commit comes back as a duplicate. So every crash is one of these moves or changes nothing.
/// </summary>
sealed class Moves(Decisions decisions, bool paymentsAtOnce)
{
    readonly WorkerMoves _worker = new(decisions);

    public async Task<IReadOnlyList<(string What, ExploredState Next)>> From(ExploredState state)
    {
        var moves = new List<(string, ExploredState)>();
        for (var index = 0; index < state.Orders.Count; index++)
        {
            await Deliveries(state, index, moves);
            Deadlines(state, index, moves);
            if (paymentsAtOnce)
            {
                _worker.AtOnce(state, index, moves);
            }
            else
            {
                _worker.StepByStep(state, index, moves);
            }
        }

        return moves;
    }

    async Task Deliveries(ExploredState state, int index, List<(string, ExploredState)> moves)
    {
        for (var mail = Mail.ReserveStock; mail <= Mail.StaleCompensationOverdue; mail++)
        {
            if (state.Orders[index].Fresh[(int)mail] > 0)
            {
                var next = state.With(index, one =>
                {
                    one.Fresh[(int)mail]--;
                    one.Repeatable[(int)mail] += one.DuplicatesLeft > 0 && mail < Mail.StaleStockOverdue ? 1 : 0;
                }, out var order);
                await Deliver(next, order, mail);
                moves.Add(($"deliver {mail}", next));
            }

            if (state.Orders[index].Repeatable[(int)mail] > 0)
            {
                var next = state.With(index, one => Repeat(one, mail), out var order);
                await Deliver(next, order, mail);
                moves.Add(($"deliver {mail} again", next));
            }
        }
    }

    async Task Deliver(ExploredState state, OrderWorld order, Mail mail)
    {
        switch (mail)
        {
            case Mail.ReserveStock:
                Stock(decisions.Reserve(state, order.Reservation));
                break;
            case Mail.ReleaseStock:
                Stock(decisions.Release(state, order.Reservation));
                break;
            case Mail.OrderConfirmed:
                Stock(Decisions.Sell(state, order.Reservation ?? throw new InvalidOperationException("Confirmed without a reservation.")));
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
                order.Send(outcome.Sent);
                break;
        }

        void Stock((ReservationState? After, IReadOnlyList<Mail> Sent) outcome)
        {
            order.Reservation = outcome.After;
            order.Send(outcome.Sent);
        }

        void Money((PaymentView After, IReadOnlyList<Mail> Sent) outcome)
        {
            order.Payment = outcome.After;
            order.Send(outcome.Sent);
        }
    }

    static void Deadlines(ExploredState state, int index, List<(string, ExploredState)> moves)
    {
        var order = state.Orders[index];
        var deadline = order.Saga.Status switch
        {
            "Placed" => Mail.StockOverdue,
            "StockReserved" => Mail.PaymentOverdue,
            _ => Mail.CompensationOverdue,
        };
        if (order.Saga.Timer == Timer.Pending && (deadline != Mail.CompensationOverdue || order.RemindersLeft > 0))
        {
            moves.Add(($"{deadline} falls due", state.With(index, one =>
            {
                one.RemindersLeft -= deadline == Mail.CompensationOverdue ? 1 : 0;
                one.Saga = one.Saga with { Timer = Timer.Fired };
                one.Fresh[(int)deadline]++;
            }, out _)));
        }

        if (order.CancelsLeft > 0
            && SagaDecisions.Make(order.Saga).DecideCancel(DateTimeOffset.UtcNow, TimeSpan.MaxValue) == CancelDecision.Accepted)
        {
            moves.Add(("the customer cancels", state.With(index, one =>
            {
                one.CancelsLeft--;
                one.Fresh[(int)Mail.CancellationRequested]++;
            }, out _)));
        }

        if (order is { Reservation: ReservationState.Held, ExpiriesLeft: > 0 })
        {
            var next = state.With(index, one => one.ExpiriesLeft--, out var expiring);
            expiring.Reservation = Decisions.Expire(next, ReservationState.Held);
            moves.Add(("the hold runs out", next));
        }
    }

    // When no more duplicates can come, the messages that could be repeated do not matter any more.
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
}

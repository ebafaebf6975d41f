using Shop.Inventory.Reservations;

namespace Shop.Exploration.Tests;

/// <summary>
/// Everything that can happen next in a world. A message that is lost before its commit comes back, which changes nothing; one
/// that is lost after it comes back as a duplicate. So a crash, anywhere, is one of these moves or none.
/// </summary>
sealed class Moves(Decisions decisions, bool paymentsAtOnce)
{
    readonly WorkerMoves _worker = new(decisions);

    public async Task<IReadOnlyList<(string What, World Next)>> From(World world)
    {
        var moves = new List<(string, World)>();
        for (var index = 0; index < world.Orders.Count; index++)
        {
            await Deliveries(world, index, moves);
            Deadlines(world, index, moves);
            if (paymentsAtOnce)
            {
                _worker.AtOnce(world, index, moves);
            }
            else
            {
                _worker.StepByStep(world, index, moves);
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
                var next = world.With(index, one =>
                {
                    one.Fresh[(int)mail]--;
                    one.Repeatable[(int)mail] += one.DuplicatesLeft > 0 && mail < Mail.StaleStockOverdue ? 1 : 0;
                }, out var order);
                await Deliver(next, order, mail);
                moves.Add(($"deliver {mail}", next));
            }

            if (world.Orders[index].Repeatable[(int)mail] > 0)
            {
                var next = world.With(index, one => Repeat(one, mail), out var order);
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
            moves.Add(($"{deadline} falls due", world.With(index, one =>
            {
                one.RemindersLeft -= deadline == Mail.CompensationOverdue ? 1 : 0;
                one.Saga = one.Saga with { Timer = Timer.Fired };
                one.Fresh[(int)deadline]++;
            }, out _)));
        }

        // The same condition as in CancelOrder.
        if (order is { CancelsLeft: > 0, Saga.Status: "Placed" or "StockReserved" or "Confirmed" })
        {
            moves.Add(("the customer cancels", world.With(index, one =>
            {
                one.CancelsLeft--;
                one.Fresh[(int)Mail.CancellationRequested]++;
            }, out _)));
        }

        if (order is { Reservation: ReservationState.Held, ExpiriesLeft: > 0 })
        {
            var next = world.With(index, one => one.ExpiriesLeft--, out var expiring);
            expiring.Reservation = Decisions.Expire(next, ReservationState.Held);
            moves.Add(("the hold runs out", next));
        }
    }

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
}

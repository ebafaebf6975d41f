namespace Shop.Cli.Auditing;

/// <summary>A rule that does not hold.</summary>
/// <param name="Subject">The order, product or queue it is about.</param>
sealed record Violation(string Subject, string Expected, string Found);

/// <summary>A promise of the system as a question to a snapshot.</summary>
/// <param name="Check">What contradicts it.</param>
sealed record Invariant(string Name, string Promise, Func<Snapshot, IEnumerable<Violation>> Check)
{
    public static IReadOnlyList<Invariant> All { get; } =
    [
        new("orders-end", "every accepted order reaches Confirmed or Cancelled", OrdersEnd),
        new("stock-conserved", "received = available + held + sold, none negative, for every product", StockConserved),
        new("stock-accounted", "what is held and sold is what reservations say", StockAccounted),
        new("money-conserved", "a Confirmed order paid its total once, a Cancelled one nothing", MoneyConserved),
        new("ledger-agrees", "the card network's ledger says the same, charge by charge", LedgerAgrees),
        new("one-charge", "there is at most one charge for an order, and none without one", OneCharge),
        new("stock-follows-order", "a sale exactly for each Confirmed order, a hold for none that has ended", StockFollowsOrder),
        new("nothing-waits", "outboxes and queues are drained, no deadline is left behind", NothingWaits),
        new("no-dead-letters", "no message had to be put aside", NoDeadLetters),
        new("effects-once", "no message had its effect twice", EffectsOnce),
        new("keys-honoured", "each idempotency key stands for an order that exists", KeysHonoured),
    ];

    static IEnumerable<Violation> OrdersEnd(Snapshot now) =>
        now.Orders.Values.Where(order => !IsTerminal(order))
            .Select(order => new Violation($"order {order.Id}", "Confirmed or Cancelled", $"{order.Status} since {order.PlacedAt:u}"));

    static IEnumerable<Violation> StockConserved(Snapshot now) =>
        from stock in now.Stock
        where stock.Received != stock.Available + stock.Held + stock.Sold || long.Min(stock.Available, long.Min(stock.Held, stock.Sold)) < 0
        select new Violation(
            $"product {stock.Sku}",
            $"received {stock.Received} = available + held + sold",
            $"{stock.Available} + {stock.Held} + {stock.Sold}");

    static IEnumerable<Violation> StockAccounted(Snapshot now) =>
        from stock in now.Stock
        where stock.Held != stock.HeldByReservations || stock.Sold != stock.SoldByReservations
        select new Violation(
            $"product {stock.Sku}",
            $"held {stock.HeldByReservations}, sold {stock.SoldByReservations} by its reservations",
            $"held {stock.Held}, sold {stock.Sold}");

    static IEnumerable<Violation> MoneyConserved(Snapshot now)
    {
        foreach (var order in now.Orders.Values.Where(IsTerminal))
        {
            var payment = now.Payments.GetValueOrDefault(order.Id);
            var kept = payment?.State switch
            {
                "Taken" => payment.Amount - payment.Refunded,
                "Pending" or "Voiding" or "Refunding" => payment.Amount,
                _ => 0,
            };
            var due = order.Status == "Confirmed" ? order.Total : 0;
            if (kept != due)
            {
                yield return new($"order {order.Id} ({order.Status})", $"{due} EUR kept", $"{kept} EUR, payment {payment?.State ?? "missing"}");
            }
        }
    }

    static IEnumerable<Violation> LedgerAgrees(Snapshot now)
    {
        foreach (var order in now.Orders.Values.Where(IsTerminal))
        {
            var kept = now.Charges[order.Id.ToString()].Where(charge => charge.TookMoney).Sum(charge => charge.Amount - charge.Refunded);
            var due = order.Status == "Confirmed" ? order.Total : 0;
            if (kept != due)
            {
                yield return new($"order {order.Id} ({order.Status})", $"{due} EUR in the ledger", $"{kept} EUR");
            }
        }
    }

    static IEnumerable<Violation> OneCharge(Snapshot now)
    {
        foreach (var charges in now.Charges)
        {
            if (!Guid.TryParse(charges.Key, out var id) || !now.Orders.ContainsKey(id))
            {
                yield return new($"charge {charges.First().Id}", "an order", $"no order {charges.Key}");
            }
            else if (charges.Count() > 1)
            {
                yield return new($"order {id}", "one charge", $"{charges.Count()}: {string.Join(", ", charges.Select(charge => charge.Id))}");
            }
        }
    }

    static IEnumerable<Violation> StockFollowsOrder(Snapshot now)
    {
        foreach (var order in now.Orders.Values.Where(IsTerminal))
        {
            var state = now.Reservations.GetValueOrDefault(order.Id)?.State;
            var isRight = order.Status == "Confirmed" ? state == "Sold" : state is null or "Released" or "Expired";
            if (!isRight)
            {
                yield return new(
                    $"order {order.Id} ({order.Status})", order.Status == "Confirmed" ? "a sale" : "no stock", $"reservation {state ?? "missing"}");
            }
        }

        foreach (var reservation in now.Reservations.Values.Where(reservation => !now.Orders.ContainsKey(reservation.OrderId)))
        {
            yield return new($"reservation {reservation.OrderId}", "an order", "none");
        }
    }

    static IEnumerable<Violation> NothingWaits(Snapshot now)
    {
        foreach (var (service, due, scheduled) in now.Outboxes)
        {
            if (due > 0 || (scheduled > 0 && now.Orders.Values.All(IsTerminal)))
            {
                yield return new($"outbox of {service}", "empty", $"{due} messages due, {scheduled} scheduled");
            }
        }

        foreach (var (queue, messages) in now.Queues.Where(queue => queue.Messages > 0))
        {
            yield return new($"queue {queue}", "empty", $"{messages} messages");
        }
    }

    static IEnumerable<Violation> NoDeadLetters(Snapshot now) =>
        now.DeadLetters.Select(letter => new Violation($"dead letter {letter.Id} of {letter.Service}", "none", letter.Reason));

    static IEnumerable<Violation> EffectsOnce(Snapshot now) =>
        now.Inboxes.Where(inbox => inbox.Repeated > 0)
            .Select(inbox => new Violation($"inbox of {inbox.Service}", "each message once", $"{inbox.Repeated} repeated"));

    static IEnumerable<Violation> KeysHonoured(Snapshot now) =>
        now.AnswersWithoutOrder > 0
            ? [new("stored answers", "an order for each", $"{now.AnswersWithoutOrder} without")]
            : [];

    static bool IsTerminal(OrderRow order) => order.Status is "Confirmed" or "Cancelled";
}

namespace Shop.Chaos.Auditing;

/// <summary>A promise of the system.</summary>
/// <param name="Questions">What contradicts it.</param>
public sealed record Invariant(string Name, string Promise, params IReadOnlyList<Question> Questions)
{
    static readonly string[] _services = ["ordering", "inventory", "payment"];

    /// <summary>The invariants of the databases. The audit adds one: the broker's queues are empty.</summary>
    public static IReadOnlyList<Invariant> All { get; } =
    [
        new(
            "orders-end",
            "every accepted order reaches Confirmed or Cancelled",
            new Question("ordering",
                """
                select 'order ' || id, 'Confirmed or Cancelled', status || ' since ' || placed_at
                from ordering.orders where status not in ('Confirmed', 'Cancelled')
                """)),
        new(
            "stock-conserved",
            "received = available + held + sold, none negative, for every product",
            new Question("inventory",
                """
                select 'product ' || sku, 'received ' || received || ' = available + held + sold, none negative',
                    available || ' + ' || held || ' + ' || sold
                from inventory.products where received <> available + held + sold or least(available, held, sold) < 0
                """)),
        new(
            "stock-accounted",
            "what is held and sold is what reservations say",
            new Question("inventory",
                """
                with line as (
                    select item->>'sku' as sku,
                        coalesce(sum((item->>'quantity')::bigint) filter (where state = 'Held'), 0) as held,
                        coalesce(sum((item->>'quantity')::bigint) filter (where state = 'Sold'), 0) as sold
                    from inventory.reservations, jsonb_array_elements(lines) item
                    where state in ('Held', 'Sold') group by 1)
                select 'product ' || sku,
                    'held ' || coalesce(line.held, 0) || ', sold ' || coalesce(line.sold, 0) || ' by its reservations',
                    coalesce('held ' || product.held || ', sold ' || product.sold, 'no such product')
                from inventory.products product full join line using (sku)
                where (product.held, product.sold) is distinct from (coalesce(line.held, 0), coalesce(line.sold, 0))
                """)),
        new(
            "money-conserved",
            "a Confirmed order paid its total once, a Cancelled one nothing",
            new Question("ordering",
                """
                select 'order ' || id || ' (' || status || ')', due || ' EUR kept', kept || ' EUR, payment ' || coalesce(state, 'missing')
                from ordering.orders
                left join payments on order_id = id
                cross join lateral (select
                    case when status = 'Confirmed' then total else 0 end as due,
                    case when state = 'Taken' then amount - refunded
                        when state in ('Pending', 'Voiding', 'Refunding') then amount else 0 end as kept) as money
                where status in ('Confirmed', 'Cancelled') and kept <> due
                union all
                select 'payment of ' || order_id, 'an order', 'none'
                from payments where not exists (select from ordering.orders where id = order_id)
                """)),
        new(
            "ledger-agrees",
            "the payment provider's ledger says the same, charge by charge",
            new Question("ordering",
                """
                select 'order ' || id || ' (' || status || ')', due || ' EUR in the ledger', money.kept || ' EUR'
                from ordering.orders
                left join (
                    select reference, sum(amount - refunded) as kept from charges where took_money group by reference) as charge
                    on reference = id::text
                cross join lateral (select
                    case when status = 'Confirmed' then total else 0 end as due, coalesce(charge.kept, 0) as kept) as money
                where status in ('Confirmed', 'Cancelled') and money.kept <> due
                union all
                select 'payment of ' || order_id, 'charge ' || charge_id || ' of ' || payment.amount || ', given back ' || payment.refunded,
                    coalesce(charge.amount || ', given back ' || charge.refunded, 'no such charge')
                from payments payment left join charges charge on charge.id = charge_id
                where charge_id is not null and (payment.amount, payment.refunded) is distinct from (charge.amount, charge.refunded)
                """)),
        new(
            "one-charge",
            "there is at most one charge for an order, and none without one",
            new Question("ordering",
                """
                select 'order ' || reference, 'one charge', count(*) || ': ' || string_agg(id, ', ')
                from charges group by reference having count(*) > 1
                union all
                select 'charge ' || id, 'an order', 'no order ' || reference
                from charges where not exists (select from ordering.orders where orders.id::text = reference)
                """)),
        new(
            "reconciled",
            "payment's own sweep over the ledger has left no difference",
            new Question("payment", "select 'charge ' || charge_id || ' for ' || reference, expected, found from payment.differences")),
        new(
            "stock-follows-order",
            "a sale of its goods exactly for each Confirmed order, a hold for none that has ended",
            new Question("ordering",
                """
                with asked as (
                    select id, status, (select sum((line->>'quantity')::bigint) from jsonb_array_elements(lines) line) as units
                    from ordering.orders where status in ('Confirmed', 'Cancelled'))
                select 'order ' || id || ' (' || status || ')',
                    case status when 'Confirmed' then asked.units || ' units sold' else 'no stock' end,
                    coalesce(reservation.units || ' units ' || state, 'no reservation')
                from asked left join reservations reservation on order_id = id
                where case status
                    when 'Confirmed' then state is distinct from 'Sold' or reservation.units <> asked.units
                    else state in ('Held', 'Sold') end
                union all
                select 'reservation of ' || order_id, 'an order', 'none'
                from reservations where not exists (select from ordering.orders where id = order_id)
                """)),
        new(
            "outboxes-drained",
            "everything committed has been sent, and no deadline is left behind",
            new Question("ordering",
                """
                select 'outbox of ordering', 'empty', count(*) filter (where due_at <= now()) || ' messages due, '
                    || count(*) filter (where due_at > now()) || ' scheduled'
                from ordering.outbox
                where due_at <= now() or not exists (select from ordering.orders where status not in ('Confirmed', 'Cancelled'))
                having count(*) > 0
                """),
            EmptyOutbox("inventory"),
            EmptyOutbox("payment")),
        new(
            MessageAccounts.Invariant,
            "what was sent was handled, or is a dead letter, kind by kind and message by message",
            new Question("ordering", MessageAccounts.Disagreements)),
        new(
            MessageAccounts.DuplicatesInvariant,
            "what was dropped as a duplicate was delivered twice",
            new Question("ordering", MessageAccounts.Unexplained)),
        new("no-dead-letters", "no message waits among the dead letters", [.. _services.Select(NoDeadLetters)]),
        new("effects-once", "no message had its effect twice, and none can", [.. _services.Select(EffectsOnce)]),
        new(
            "keys-honoured",
            "each idempotency key stands for one order of its customer",
            new Question("ordering",
                """
                -- Those of other routes have the route and a blank before the key.
                with answer as (select customer_id, answer->>'orderId' as order_id from ordering.stored_answers where strpos(idempotency_key, ' ') = 0)
                select 'key of ' || customer_id || ' for order ' || coalesce(order_id, 'none'), 'an order of theirs', 'none'
                from answer
                where not exists (
                    select from ordering.orders where orders.id = answer.order_id::uuid and orders.customer_id = answer.customer_id)
                union all
                select 'order ' || order_id, 'one key', count(*) || ' keys' from answer group by order_id having count(*) > 1
                """)),
    ];

    static Question EmptyOutbox(string service) => new(
        service, $"select 'outbox of {service}', 'empty', count(*) || ' messages' from {service}.outbox having count(*) > 0");

    static Question NoDeadLetters(string service) => new(
        service,
        $"""
        select 'dead letter ' || id || ' of {service}', 'replayed or discarded', 'waiting (./shop dead-letters): ' || reason
        from {service}.dead_letters where status = 'Waiting'
        """);

    // The primary key makes a duplicate impossible. Where the key is missing, there may be no duplicate yet.
    static Question EffectsOnce(string service) => new(
        service,
        $"""
        select 'message ' || message_id || ' at ' || endpoint, 'once in the inbox', count(*) || ' times'
        from {service}.inbox group by message_id, endpoint having count(*) > 1
        union all
        select 'inbox of {service}', 'a primary key', 'none'
        where not exists (select from pg_constraint where conrelid = '{service}.inbox'::regclass and contype = 'p')
        """);
}

/// <summary>A query whose rows are violations, and the database it runs in.</summary>
/// <param name="Database">
/// Where it runs. In ordering's database, the temporary tables reservations, payments and charges have the others' data.
/// </param>
/// <param name="Sql">Rows of text that contradict a promise: subject, expected, found.</param>
public sealed record Question(string Database, string Sql);

/// <summary>A promise that was not kept.</summary>
/// <param name="Subject">The order, product or queue it is about.</param>
public sealed record Violation(string Subject, string Expected, string Found);

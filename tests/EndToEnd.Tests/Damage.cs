namespace Shop.EndToEnd.Tests;

/// <summary>A way to break a promise of a service directly in its database.</summary>
/// <param name="Subject">What the finding is to name.</param>
/// <param name="Invariants">The audit's rules that it breaks, and no others.</param>
sealed record Damage(string Database, string Break, string Repair, string Subject, params IReadOnlyList<string> Invariants)
{
    const string Stray = "00000000-0000-0000-0000-00000000dead";

    /// <param name="order">A confirmed order of one mug.</param>
    public static Damage Of(string what, Guid order) => what switch
    {
        "an order that does not end" => new(
            "ordering",
            $"update ordering.orders set status = 'Placed', placed_at = placed_at - interval '1 day' where id = '{order}'",
            $"update ordering.orders set status = 'Confirmed', placed_at = placed_at + interval '1 day' where id = '{order}'",
            $"{order}",
            "orders-end"),
        "stock out of nothing" => new(
            "inventory",
            "alter table inventory.products drop constraint ck_products_conserved; update inventory.products set received = received + 1 where sku = 'CAP-01'",
            "update inventory.products set received = received - 1 where sku = 'CAP-01'; alter table inventory.products add constraint ck_products_conserved check (received = available + held + sold)",
            "CAP-01",
            "stock-conserved"),
        "a hold that no reservation has" => new(
            "inventory",
            "update inventory.products set held = held + 1, available = available - 1 where sku = 'CAP-01'",
            "update inventory.products set held = held - 1, available = available + 1 where sku = 'CAP-01'",
            "CAP-01",
            "stock-accounted"),
        "money given back that nobody knows of" => new(
            "payment",
            $"update payment.payments set refunded_amount = 1 where order_id = '{order}'",
            $"update payment.payments set refunded_amount = 0 where order_id = '{order}'",
            $"{order}",
            "money-conserved",
            "ledger-agrees"),
        "a sale that is undone" => new(
            "inventory",
            $"""
            update inventory.reservations set state = 'Released' where order_id = '{order}';
            update inventory.products set sold = sold - 1, available = available + 1 where sku = 'MUG-01'
            """,
            $"""
            update inventory.reservations set state = 'Sold' where order_id = '{order}';
            update inventory.products set sold = sold + 1, available = available - 1 where sku = 'MUG-01'
            """,
            $"{order}",
            "stock-follows-order"),
        "a sale of the wrong quantity" => new(
            "inventory",
            $"""
            update inventory.reservations set lines = jsonb_set(lines, array['0', 'quantity'], '2') where order_id = '{order}';
            update inventory.products set sold = sold + 1, available = available - 1 where sku = 'MUG-01'
            """,
            $"""
            update inventory.reservations set lines = jsonb_set(lines, array['0', 'quantity'], '1') where order_id = '{order}';
            update inventory.products set sold = sold - 1, available = available + 1 where sku = 'MUG-01'
            """,
            $"{order}",
            "stock-follows-order"),
        "a reservation without an order" => new(
            "inventory",
            $"insert into inventory.reservations (order_id, state, lines) values ('{Stray}', 'Released', '[]')",
            $"delete from inventory.reservations where order_id = '{Stray}'",
            Stray,
            "stock-follows-order"),
        "a payment without an order" => new(
            "payment",
            $"""
            insert into payment.payments (order_id, customer_id, amount, token, state, refunded_amount, attempts, in_doubt)
            values ('{Stray}', 'nobody', 1, 'tok_visa', 'Declined', 0, 1, false)
            """,
            $"delete from payment.payments where order_id = '{Stray}'",
            Stray,
            "money-conserved"),
        "a deadline left behind" => Outbox("ordering", "outbox of ordering", "outboxes-drained"),
        "a message left behind" => Outbox("payment", "outbox of payment", "outboxes-drained"),
        "a dead letter" => new(
            "ordering",
            """
            insert into ordering.dead_letters (id, endpoint, message_type, headers, body, reason, exception_type, failures, status)
            values ('ordering-orders-broken', 'ordering-orders', '', '{}', '', 'on purpose', '', 1, 'Waiting')
            """,
            "delete from ordering.dead_letters where id = 'ordering-orders-broken'",
            "ordering-orders-broken",
            "no-dead-letters"),
        "an inbox without its key" => new(
            "payment",
            "alter table payment.inbox drop constraint pk_inbox",
            "alter table payment.inbox add constraint pk_inbox primary key (message_id, endpoint)",
            "inbox of payment",
            "effects-once"),
        "a message that was counted twice" => new(
            "inventory",
            $"""
            alter table inventory.inbox rename constraint pk_inbox to pk_inbox_before;
            create table inventory.inbox_before (like inventory.inbox);
            alter table inventory.inbox rename to inbox_true; alter table inventory.inbox_before rename to inbox;
            alter table inventory.inbox add column number serial primary key;
            insert into inventory.inbox (message_id, endpoint, received_at) values ('{Stray}', 'e', now()), ('{Stray}', 'e', now());
            grant select on inventory.inbox to audit
            """,
            """
            drop table inventory.inbox; alter table inventory.inbox_true rename to inbox;
            alter table inventory.inbox rename constraint pk_inbox_before to pk_inbox
            """,
            Stray,
            "effects-once"),
        "a message that was lost" => Account("sent", "messages = messages + 1", "messages = messages - 1"),
        "a message that was handled in place of another" => Account("sent", "ids = ids # 1", "ids = ids # 1"),
        "a kind on no list" => new(
            "payment",
            "insert into payment.message_accounts values (0, 'writes', 'sent', 'Shop.Contracts.Payment:PaymentForgotten', 1, 1, 1)",
            "delete from payment.message_accounts where owner = 0",
            "Shop.Contracts.Payment:PaymentForgotten of payment",
            "messages-accounted"),
        "a duplicate that was delivered once" => new(
            "ordering",
            "insert into ordering.message_accounts values (0, 'ordering-orders', 'unexplained', 'Shop.Contracts.Payment:PaymentTaken', (extract(epoch from now()) / 3600)::int, 1, 1)",
            "delete from ordering.message_accounts where owner = 0",
            "Shop.Contracts.Payment:PaymentTaken at ordering-orders",
            "duplicates-explained"),
        "a key of somebody else" => new(
            "ordering",
            $"update ordering.stored_answers set customer_id = 'mallory' where answer->>'orderId' = '{order}'",
            $"update ordering.stored_answers set customer_id = 'audited' where answer->>'orderId' = '{order}'",
            $"{order}",
            "keys-honoured"),
        "two keys for one order" => new(
            "ordering",
            $"""
            create temporary table second as select * from ordering.stored_answers where answer->>'orderId' = '{order}';
            update second set idempotency_key = 'second';
            insert into ordering.stored_answers select * from second
            """,
            "delete from ordering.stored_answers where customer_id = 'audited' and idempotency_key = 'second'",
            $"{order}",
            "keys-honoured"),
        _ => throw new ArgumentOutOfRangeException(nameof(what), what, "Nobody knows how to do that."),
    };

    static Damage Account(string action, string break_, string repair)
    {
        const string Row = """
            ctid = (select ctid from ordering.message_accounts
                where action = 'ACTION' and kind = 'Shop.Contracts.Inventory:ReserveStock' order by hour desc, owner limit 1)
            """;
        var row = Row.Replace("ACTION", action, StringComparison.Ordinal);
        return new(
            "ordering",
            $"update ordering.message_accounts set {break_} where {row}",
            $"update ordering.message_accounts set {repair} where {row}",
            "Shop.Contracts.Inventory:ReserveStock of ordering",
            "messages-accounted");
    }

    // The message is not due for an hour, so the relay ignores it.
    static Damage Outbox(string service, string subject, params IReadOnlyList<string> invariants) => new(
        service,
        $$"""
        insert into {{service}}.outbox (owner, due_at, message_id, exchange, headers, body, created_at)
        values (0, now() + interval '1 hour', '{{Stray}}', 'nowhere', '{}', '', now() - interval '1 day')
        """,
        $"delete from {service}.outbox where message_id = '{Stray}'",
        subject,
        invariants);
}

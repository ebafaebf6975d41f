using System.Text.Json;
using Npgsql;

namespace Shop.Bench.Peers;

/// <summary>A statement for all orders of a batch.</summary>
sealed record LimitStatement(string Sql, IReadOnlyList<object> Values)
{
    const string Customer = "load";

    public NpgsqlBatchCommand Command()
    {
        var command = new NpgsqlBatchCommand(Sql);
        foreach (var value in Values)
        {
            command.Parameters.Add(new() { Value = value });
        }

        return command;
    }

    /// <returns>Null for no orders, as all of these.</returns>
    public static LimitStatement? InsertOrders(IReadOnlyList<LimitMessage> orders) => orders is [] ? null : new(
        $"""
        insert into ordering.orders (id, customer_id, status, lines, total, payment_token, placed_at, version, timeline,
            awaits_stock_release, awaits_refund)
        select id, '{Customer}', 'Placed', jsonb_build_array(jsonb_build_object('sku', sku, 'quantity', 1, 'unitPrice', amount)), amount,
            'tok_visa', $4, 1, $5::jsonb, false, false
        from unnest($1::uuid[], $2::text[], $3::numeric[]) as placed (id, sku, amount)
        """,
        [Ids(orders), Skus(orders), Amounts(orders), DateTime.UtcNow, $"[{Step(1, "ordering", "Order placed", "Placed")}]"]);

    public static LimitStatement? OrdersReserved(IReadOnlyList<LimitMessage> orders) => orders is [] ? null : new(
        "update ordering.orders set status = 'StockReserved', version = 2, timeline = timeline || $2::jsonb where id = any ($1)",
        [Ids(orders), Step(2, "inventory", "Stock reserved", "StockReserved")]);

    public static LimitStatement? OrdersConfirmed(IReadOnlyList<LimitMessage> orders) => orders is [] ? null : new(
        """
        update ordering.orders set status = 'Confirmed', version = 3, timeline = timeline || $2::jsonb, confirmed_at = $3
        where id = any ($1)
        """,
        [Ids(orders), Step(3, "payment", "Payment taken", "Confirmed"), DateTime.UtcNow]);

    public static LimitStatement? HoldStock(IReadOnlyList<LimitMessage> orders) => orders is [] ? null : new(
        """
        update inventory.products set available = available - units, held = held + units
        from (select sku, count(*) as units from unnest($1::text[]) as ordered (sku) group by sku) as line
        where products.sku = line.sku
        """,
        [Skus(orders)]);

    public static LimitStatement? InsertReservations(IReadOnlyList<LimitMessage> orders) => orders is [] ? null : new(
        """
        insert into inventory.reservations (order_id, lines, state)
        select id, jsonb_build_array(jsonb_build_object('sku', sku, 'quantity', 1)), 'Held'
        from unnest($1::uuid[], $2::text[]) as ordered (id, sku)
        """,
        [Ids(orders), Skus(orders)]);

    public static LimitStatement? SellStock(IReadOnlyList<LimitMessage> orders) => orders is [] ? null : new(
        """
        update inventory.products set held = held - units, sold = sold + units
        from (select sku, count(*) as units from unnest($1::text[]) as ordered (sku) group by sku) as line
        where products.sku = line.sku
        """,
        [Skus(orders)]);

    public static LimitStatement? SellReservations(IReadOnlyList<LimitMessage> orders) => orders is [] ? null : new(
        "update inventory.reservations set state = 'Sold' where order_id = any ($1)", [Ids(orders)]);

    public static LimitStatement? InsertPayments(IReadOnlyList<LimitMessage> orders) => orders is [] ? null : new(
        $"""
        insert into payment.payments (order_id, customer_id, amount, token, state, refunded_amount, attempts, in_doubt, charged_at,
            next_attempt_at, open_since)
        select id, '{Customer}', amount, 'tok_visa', 'Pending', 0, 1, true, now(), now(), now()
        from unnest($1::uuid[], $2::numeric[]) as wanted (id, amount)
        """,
        [Ids(orders), Amounts(orders)]);

    public static LimitStatement? PaymentsTaken(IReadOnlyList<LimitMessage> orders) => orders is [] ? null : new(
        """
        update payment.payments set state = 'Taken', charge_id = 'ch_' || replace(order_id::text, '-', ''), in_doubt = false,
            next_attempt_at = null, open_since = null
        where order_id = any ($1)
        """,
        [Ids(orders)]);

    // With an id of a trace, as the shop's: it is a third of the step.
    static string Step(int version, string service, string what, string status) => JsonSerializer.Serialize(
        new { version, at = DateTimeOffset.UtcNow, service, what, status, traceId = "0af7651916cd43dd8448eb211c80319c" });

    static Guid[] Ids(IEnumerable<LimitMessage> orders) => [.. orders.Select(order => order.OrderId)];

    static string[] Skus(IEnumerable<LimitMessage> orders) => [.. orders.Select(order => order.Sku)];

    static decimal[] Amounts(IEnumerable<LimitMessage> orders) => [.. orders.Select(order => order.Amount)];
}

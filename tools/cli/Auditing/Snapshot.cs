using System.Net.Http.Json;
using System.Text.Json;
using Npgsql;
using Shop.Cli.Servers;

namespace Shop.Cli.Auditing;

sealed record OrderRow(Guid Id, string Status, decimal Total, DateTimeOffset PlacedAt);

sealed record ReservationRow(Guid OrderId, string State);

sealed record StockRow(string Sku, long Received, long Available, long Held, long Sold, long HeldByReservations, long SoldByReservations);

sealed record PaymentRow(Guid OrderId, string State, decimal Amount, decimal Refunded);

sealed record ChargeRow(string Id, string Reference, decimal Amount, decimal Refunded, string Status)
{
    public bool TookMoney => Status != "declined";
}

/// <summary>What every part of the system and the card network's own ledger say, read one after the other.</summary>
sealed record Snapshot(
    IReadOnlyDictionary<Guid, OrderRow> Orders,
    IReadOnlyDictionary<Guid, ReservationRow> Reservations,
    IReadOnlyList<StockRow> Stock,
    IReadOnlyDictionary<Guid, PaymentRow> Payments,
    ILookup<string, ChargeRow> Charges,
    IReadOnlyList<(string Service, long Due, long Scheduled)> Outboxes,
    IReadOnlyList<(string Service, long Repeated)> Inboxes,
    IReadOnlyList<(string Service, string Id, string Reason)> DeadLetters,
    long AnswersWithoutOrder,
    IReadOnlyList<(string Queue, long Messages)> Queues);

/// <summary>Reads a <see cref="Snapshot"/>, with the rights of the audit role: it can change nothing.</summary>
sealed class SnapshotReader(Checkout checkout)
{
    const int PageSize = 10_000;
    static readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(30) };
    static readonly string[] _services = ["ordering", "inventory", "payment"];

    public async Task<Snapshot> Read(CancellationToken cancellation)
    {
        var orders = await Rows(
            "ordering",
            "select id, status, total, placed_at from ordering.orders",
            row => new OrderRow(row.GetGuid(0), row.GetString(1), row.GetDecimal(2), row.GetFieldValue<DateTimeOffset>(3)),
            cancellation);
        var reservations = await Rows(
            "inventory",
            "select order_id, state from inventory.reservations",
            row => new ReservationRow(row.GetGuid(0), row.GetString(1)),
            cancellation);
        var payments = await Rows(
            "payment",
            "select order_id, state, amount, refunded_amount from payment.payments",
            row => new PaymentRow(row.GetGuid(0), row.GetString(1), row.GetDecimal(2), row.GetDecimal(3)),
            cancellation);
        var outboxes = new List<(string, long, long)>();
        var inboxes = new List<(string, long)>();
        var deadLetters = new List<(string, string, string)>();
        foreach (var service in _services)
        {
            outboxes.AddRange(await Rows(
                service,
                $"select count(*) filter (where due_at <= now()), count(*) filter (where due_at > now()) from {service}.outbox",
                row => (service, row.GetInt64(0), row.GetInt64(1)),
                cancellation));
            inboxes.AddRange(await Rows(
                service,
                $"select count(*) - count(distinct (message_id, endpoint)) from {service}.inbox",
                row => (service, row.GetInt64(0)),
                cancellation));
            deadLetters.AddRange(await Rows(
                service,
                $"select id, reason from {service}.dead_letters where status = 'Waiting'",
                row => (service, row.GetString(0), row.GetString(1)),
                cancellation));
        }

        return new(
            orders.ToDictionary(order => order.Id),
            reservations.ToDictionary(reservation => reservation.OrderId),
            await Stock(cancellation),
            payments.ToDictionary(payment => payment.OrderId),
            (await Charges(cancellation)).ToLookup(charge => charge.Reference),
            outboxes,
            inboxes,
            deadLetters,
            await AnswersWithoutOrder(cancellation),
            await Queues(cancellation));
    }

    /// <summary>Orders that have not ended, and messages and payments that are due: 0 when the system is quiet.</summary>
    public async Task<long> Unfinished(CancellationToken cancellation)
    {
        var counts = new List<long>();
        counts.AddRange(await Count("ordering", "ordering.orders where status not in ('Confirmed', 'Cancelled')", cancellation));
        counts.AddRange(await Count("payment", "payment.payments where next_attempt_at is not null", cancellation));
        foreach (var service in _services)
        {
            counts.AddRange(await Count(service, $"{service}.outbox where due_at <= now()", cancellation));
        }

        counts.AddRange((await Queues(cancellation)).Select(queue => queue.Messages));
        return counts.Sum();
    }

    Task<List<long>> Count(string service, string what, CancellationToken cancellation) =>
        Rows(service, $"select count(*) from {what}", row => row.GetInt64(0), cancellation);

    Task<List<StockRow>> Stock(CancellationToken cancellation) => Rows(
        "inventory",
        """
        with line as (
            select reservation.state, item->>'sku' as sku, (item->>'quantity')::bigint as quantity
            from inventory.reservations reservation, jsonb_array_elements(reservation.lines) item
            where reservation.state in ('Held', 'Sold'))
        select sku, received, available, held, sold,
            coalesce((select sum(quantity) from line where line.sku = product.sku and line.state = 'Held'), 0)::bigint,
            coalesce((select sum(quantity) from line where line.sku = product.sku and line.state = 'Sold'), 0)::bigint
        from inventory.products product order by sku
        """,
        row => new StockRow(
            row.GetString(0), row.GetInt64(1), row.GetInt64(2), row.GetInt64(3), row.GetInt64(4), row.GetInt64(5), row.GetInt64(6)),
        cancellation);

    async Task<long> AnswersWithoutOrder(CancellationToken cancellation) =>
        (await Count(
            "ordering",
            """
            ordering.stored_answers answer where not exists (
                select from ordering.orders where orders.id = (answer.answer->>'orderId')::uuid)
            """,
            cancellation))[0];

    async Task<List<ChargeRow>> Charges(CancellationToken cancellation)
    {
        var charges = new List<ChargeRow>();
        while (true)
        {
            var page = await _http.GetFromJsonAsync<ChargeView[]>(
                $"http://127.0.0.1:{checkout.Ports.CardNetwork}/v1/charges?after={charges.Count}&limit={PageSize}",
                JsonSerializerOptions.Web,
                cancellation);
            charges.AddRange(page!.Select(charge => charge.Row));
            if (page!.Length < PageSize)
            {
                return charges;
            }
        }
    }

    async Task<IReadOnlyList<(string Queue, long Messages)>> Queues(CancellationToken cancellation)
    {
        var monitor = BrokerAccess.Users(checkout.State.Secrets).Single(user => user.Name == BrokerAccess.Monitor);
        var management = new BrokerManagement(checkout.Ports.RabbitMq.Management, monitor, BrokerAccess.VirtualHost);
        return [.. (await management.Queues(cancellation)).Select(queue => (queue.Name, queue.Ready + queue.Unacked))];
    }

    async Task<List<T>> Rows<T>(
        string service, string sql, Func<NpgsqlDataReader, T> read, CancellationToken cancellation)
    {
        await using var connection = await Databases.Of(checkout).OpenToRead(service, cancellation);
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 120 };
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var rows = new List<T>();
        while (await reader.ReadAsync(cancellation))
        {
            rows.Add(read(reader));
        }

        return rows;
    }

    sealed record ChargeView(string Id, string Reference, string Amount, string Refunded, string Status)
    {
        public ChargeRow Row => new(
            Id,
            Reference,
            decimal.Parse(Amount, System.Globalization.CultureInfo.InvariantCulture),
            decimal.Parse(Refunded, System.Globalization.CultureInfo.InvariantCulture),
            Status);
    }
}

using Npgsql;
using Shop.Launcher;
using Shop.Launcher.Servers;
using static System.FormattableString;

namespace Shop.Bench.Peers;

/// <summary>The sums of a system that has no audit. Each order of a load is one unit of one product.</summary>
/// <param name="Unfinished">Orders without an end.</param>
/// <param name="Confirmed">Orders.</param>
/// <param name="Due">Of the confirmed orders, in EUR.</param>
/// <param name="Taken">By the payments, in EUR.</param>
sealed record Books(long Unfinished, long Confirmed, decimal Due, long Held, long Sold, decimal Taken)
{
    public static async Task<Books> Read(
        Checkout checkout,
        (string Database, string Table) orders,
        (string Database, string Table) products,
        (string Database, string Table) payments,
        CancellationToken cancellation)
    {
        var ofOrders = await Sums(
            checkout,
            orders.Database,
            $"""
            select count(*) filter (where status not in ('Confirmed', 'Cancelled')), count(*) filter (where status = 'Confirmed'),
                coalesce(sum(total) filter (where status = 'Confirmed'), 0) from {orders.Table}
            """,
            cancellation);
        var ofProducts = await Sums(checkout, products.Database, $"select sum(held), sum(sold) from {products.Table}", cancellation);
        var ofPayments = await Sums(
            checkout, payments.Database, $"select coalesce(sum(amount), 0) from {payments.Table} where state = 'Taken'", cancellation);
        return new((long)ofOrders[0], (long)ofOrders[1], ofOrders[2], (long)ofProducts[0], (long)ofProducts[1], ofPayments[0]);
    }

    /// <param name="charged">By the payment provider's ledger, in EUR; null where nothing is charged.</param>
    public IReadOnlyList<string> Contradictions(decimal? charged) =>
    [
        .. Differ("orders without an end", 0, Unfinished),
        .. Differ("units on hold when every order has ended", 0, Held),
        .. Differ("units sold", Confirmed, Sold),
        .. Differ("EUR taken", Due, Taken),
        .. charged is { } money ? Differ("EUR in the payment provider's ledger", Taken, money) : [],
    ];

    static IEnumerable<string> Differ(string what, decimal expected, decimal found) =>
        expected == found ? [] : [Invariant($"{what}: expected {expected}, found {found}")];

    static async Task<decimal[]> Sums(Checkout checkout, string database, string query, CancellationToken cancellation)
    {
        await using var connection = await Databases.Of(checkout).OpenToRead(database, cancellation);
        await using var command = new NpgsqlCommand(query, connection);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        await reader.ReadAsync(cancellation);
        return [.. Enumerable.Range(0, reader.FieldCount).Select(column => Convert.ToDecimal(reader.GetValue(column), null))];
    }
}

using Npgsql;
using Shop.Cli.Servers;

namespace Shop.Cli.Drills;

/// <summary>What has become of orders, straight from ordering's database.</summary>
static class OrderEnds
{
    /// <returns>By order; an order that does not exist is left out.</returns>
    public static async Task<IReadOnlyDictionary<Guid, OrderEnd>> Read(
        Checkout checkout, IEnumerable<Guid> orders, CancellationToken cancellation)
    {
        await using var connection = await Databases.Of(checkout).OpenToRead("ordering", cancellation);
        await using var command = new NpgsqlCommand("select id, status, reason from ordering.orders where id = any ($1)", connection)
        {
            Parameters = { new() { Value = orders.ToArray() } },
        };
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var ends = new Dictionary<Guid, OrderEnd>();
        while (await reader.ReadAsync(cancellation))
        {
            ends[reader.GetGuid(0)] = new(reader.GetString(1), reader.IsDBNull(2) ? null : reader.GetString(2));
        }

        return ends;
    }
}

/// <param name="Reason">Why it was cancelled; null if it was not.</param>
sealed record OrderEnd(string Status, string? Reason);

using Npgsql;
using Shop.Launcher;
using Shop.Launcher.Servers;

namespace Shop.Chaos.Drills;

/// <summary>What has become of orders, straight from ordering's database.</summary>
public static class OrderEnds
{
    /// <returns>By order; an order that does not exist is left out.</returns>
    public static async Task<IReadOnlyDictionary<Guid, OrderEnd>> Read(
        Checkout checkout, IEnumerable<Guid> orders, CancellationToken cancellation)
    {
        await using var connection = await Databases.Of(checkout).OpenToRead("ordering", cancellation);
        await using var command = new NpgsqlCommand(
            """
            select id, status, reason, case when status in ('Confirmed', 'Cancelled') then (timeline->-1->>'at')::timestamptz - placed_at end
            from ordering.orders where id = any ($1)
            """,
            connection)
        {
            Parameters = { new() { Value = orders.ToArray() } },
        };
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var ends = new Dictionary<Guid, OrderEnd>();
        while (await reader.ReadAsync(cancellation))
        {
            ends[reader.GetGuid(0)] = new(
                reader.GetString(1),
                reader.IsDBNull(2) ? null : reader.GetString(2),
                reader.IsDBNull(3) ? null : reader.GetTimeSpan(3));
        }

        return ends;
    }
}

/// <summary>How an order ended, and how long it took.</summary>
/// <param name="Reason">Why it was cancelled; null if it was not.</param>
/// <param name="Took">From its acceptance to its last step, by ordering's clock; null if it has not ended, or if nobody knows.</param>
public sealed record OrderEnd(string Status, string? Reason, TimeSpan? Took = null);

using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;
using Npgsql;

namespace Shop.Messaging;

/// <summary>
/// Remembers which messages had their effect. The claim is part of the transaction that has the effect, so it is true
/// exactly when the effect is.
/// </summary>
sealed class Inbox(MessagingTables tables)
{
    // Sorted, so that two replicas that were handed the same messages wait for each other in one order.
    readonly string _claim =
        $"""
        insert into {tables.Inbox} (message_id, endpoint, received_at)
        select message_id, @endpoint, now() from unnest(@messageIds) as message (message_id) order by message_id
        on conflict do nothing
        returning message_id
        """;

    /// <returns>The messages not seen before; each is in the set once, however often it was asked for.</returns>
    public async Task<HashSet<Guid>> Claim(
        DbContext db, string endpoint, IReadOnlyCollection<Guid> messageIds, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(
            _claim,
            (NpgsqlConnection)db.Database.GetDbConnection(),
            (NpgsqlTransaction)db.Database.CurrentTransaction!.GetDbTransaction())
        {
            Parameters = { new("endpoint", endpoint), new("messageIds", messageIds.ToArray()) },
        };
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var claimed = new HashSet<Guid>();
        while (await reader.ReadAsync(cancellation))
        {
            claimed.Add(reader.GetGuid(0));
        }

        return claimed;
    }
}

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
        insert into {tables.Inbox} (message_id, endpoint, received_at, content)
        select message_id, @endpoint, now(), content from unnest(@messageIds, @contents) as message (message_id, content) order by message_id
        on conflict do nothing
        returning message_id
        """;

    readonly string _contents =
        $"select message_id, content from {tables.Inbox} where endpoint = @endpoint and message_id = any (@messageIds) and content is not null";

    /// <returns>The messages not seen before; each is in the set once, however often it was asked for.</returns>
    public async Task<HashSet<Guid>> Claim(
        DbContext db, string endpoint, IReadOnlyCollection<InboxKey> messages, CancellationToken cancellation)
    {
        await using var command = Command(db, _claim, endpoint, messages.Select(message => message.MessageId));
        command.Parameters.Add(new("contents", messages.Select(message => message.Content).ToArray()));
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var claimed = new HashSet<Guid>();
        while (await reader.ReadAsync(cancellation))
        {
            claimed.Add(reader.GetGuid(0));
        }

        return claimed;
    }

    /// <summary>What the messages were that had their effect under these ids. The previous release did not write it down.</summary>
    public async Task<IReadOnlyDictionary<Guid, Guid>> Contents(
        DbContext db, string endpoint, IEnumerable<Guid> messageIds, CancellationToken cancellation)
    {
        await using var command = Command(db, _contents, endpoint, messageIds);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var contents = new Dictionary<Guid, Guid>();
        while (await reader.ReadAsync(cancellation))
        {
            contents[reader.GetGuid(0)] = reader.GetGuid(1);
        }

        return contents;
    }

    static NpgsqlCommand Command(DbContext db, string sql, string endpoint, IEnumerable<Guid> messageIds) => new(
        sql,
        (NpgsqlConnection)db.Database.GetDbConnection(),
        (NpgsqlTransaction)db.Database.CurrentTransaction!.GetDbTransaction())
    {
        Parameters = { new("endpoint", endpoint), new("messageIds", messageIds.ToArray()) },
    };
}

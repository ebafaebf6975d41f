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
        insert into {tables.Inbox} (message_id, endpoint, received_at, content, copy)
        select message_id, $1, now(), content, nullif(copy, false) from unnest($2, $3, $4) as message (message_id, content, copy) order by message_id
        on conflict do nothing
        returning message_id
        """;

    readonly string _contents =
        $"select message_id, content, copy from {tables.Inbox} where endpoint = $1 and message_id = any ($2) and content is not null";

    /// <summary>Returns the ids of those that were not seen before, each once, however often it is among the messages.</summary>
    /// <param name="messages">With whether each may be one of several deliveries.</param>
    public NpgsqlBatchCommand Claim(string endpoint, IReadOnlyCollection<(InboxKey Key, bool IsCopy)> messages) => new(_claim)
    {
        Parameters =
        {
            new() { Value = endpoint },
            new() { Value = messages.Select(message => message.Key.MessageId).ToArray() },
            new() { Value = messages.Select(message => message.Key.Content).ToArray() },
            new() { Value = messages.Select(message => message.IsCopy).ToArray() },
        },
    };

    /// <summary>
    /// Returns what the messages were that had their effect under these ids, with their ids, and whether there may have
    /// been more than one delivery. The previous release did not write it down.
    /// </summary>
    public NpgsqlBatchCommand Contents(string endpoint, IEnumerable<Guid> messageIds) => new(_contents)
    {
        Parameters = { new() { Value = endpoint }, new() { Value = messageIds.ToArray() } },
    };
}

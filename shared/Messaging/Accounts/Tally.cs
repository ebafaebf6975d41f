using System.Buffers.Binary;
using Npgsql;

namespace Shop.Messaging;

/// <summary>
/// Counts what happened to messages in one batch. The counts are added to the accounts in the batch's own transaction, so both are
/// committed together. Every replica and lane has rows of its own, so none waits for another.
/// </summary>
/// <remarks>
/// Beside the number of messages an account has their ids, put together by exclusive or. Two accounts of the same
/// messages have the same; and if one of them lacks a message, the difference is its id.
/// </remarks>
sealed class Tally
{
    public const string Sent = "sent";
    public const string TakenBack = "taken back";
    public const string Handled = "handled";
    public const string Discarded = "discarded";

    /// <summary>Dropped, because it was delivered more than once: the broker or the relay says so.</summary>
    public const string Duplicate = "duplicate";

    /// <summary>Dropped as a duplicate, although no broker or relay reported a second delivery.</summary>
    public const string Unexplained = "unexplained";

    /// <summary>How long it is remembered, in every service: two accounts are compared while both have it.</summary>
    public static readonly TimeSpan Retention = TimeSpan.FromDays(30);

    readonly Dictionary<(string Action, MessageAccount Account), (long Messages, long Ids)> _counts = [];

    public bool IsEmpty => _counts.Count == 0;

    public void Add(string action, MessageAccount? account, Guid messageId)
    {
        if (account is { } known)
        {
            var (messages, ids) = _counts.GetValueOrDefault((action, known));
            _counts[(action, known)] = (messages + 1, ids ^ Half(messageId));
        }
    }

    /// <param name="owner">The replica.</param>
    /// <param name="place">The lane.</param>
    public NpgsqlBatchCommand Command(MessagingTables tables, long owner, string place)
    {
        // Sorted, so that two transactions of one lane that count the same wait for each other in one order.
        var counts = _counts
            .OrderBy(count => count.Key.Action, StringComparer.Ordinal)
            .ThenBy(count => count.Key.Account.Kind, StringComparer.Ordinal)
            .ThenBy(count => count.Key.Account.Hour)
            .ToArray();
        return new(
            $"""
            insert into {tables.Accounts} as account (owner, place, action, kind, hour, messages, ids)
            select $1, $2, action, kind, hour, messages, ids from unnest($3, $4, $5, $6, $7) as count (action, kind, hour, messages, ids)
            {AddToIt}
            """)
        {
            Parameters =
            {
                new() { Value = owner },
                new() { Value = place },
                new() { Value = counts.Select(count => count.Key.Action).ToArray() },
                new() { Value = counts.Select(count => count.Key.Account.Kind).ToArray() },
                new() { Value = counts.Select(count => count.Key.Account.Hour).ToArray() },
                new() { Value = counts.Select(count => count.Value.Messages).ToArray() },
                new() { Value = counts.Select(count => count.Value.Ids).ToArray() },
            },
        };
    }

    /// <summary>The end of a statement that inserts counts.</summary>
    public const string AddToIt =
        """
        on conflict (owner, place, action, kind, hour)
        do update set messages = account.messages + excluded.messages, ids = account.ids # excluded.ids
        """;

    /// <summary>The half of an id that is counted, as SQL.</summary>
    public static string HalfSql(string id) => $"('x' || left(replace({id}::text, '-', ''), 16))::bit(64)::bigint";

    static long Half(Guid id)
    {
        Span<byte> bytes = stackalloc byte[16];
        id.TryWriteBytes(bytes, bigEndian: true, out _);
        return BinaryPrimitives.ReadInt64BigEndian(bytes);
    }
}

using Npgsql;

namespace Shop.Messaging;

/// <summary>Writes what a batch wants sent into the outbox table: one statement, in the batch's own transaction.</summary>
sealed class Outbox(MessagingTables tables, long owner, Announcements announcements)
{
    // Due times are counted from the database's clock, so a service whose clock jumps neither fires nor delays a deadline.
    readonly string _insert =
        $"""
        insert into {tables.Outbox} (owner, due_at, message_id, exchange, headers, body, created_at, deadline, patience)
        select @owner, coalesce(clock_timestamp() + delay, '-infinity'), message_id, exchange, headers, body, clock_timestamp(), deadline, patience
        from unnest(@messageIds, @exchanges, @delays, @headers, @bodies, @deadlines, @patiences) with ordinality
            as message (message_id, exchange, delay, headers, body, deadline, patience, position)
        order by position
        returning seq, message_id, created_at
        """;

    // -infinity, of the kind that other due times have: an array may not mix kinds.
    static readonly DateTime _atOnce = DateTime.SpecifyKind(DateTime.MinValue, DateTimeKind.Utc);

    readonly string _unschedule = Unscheduling(tables);

    /// <summary>The replica whose relay publishes what is written here.</summary>
    public long Owner => owner;

    /// <param name="trip">Takes the statements with it.</param>
    /// <param name="place">The lane whose batch it is.</param>
    /// <param name="tally">What else is to be counted in this transaction.</param>
    /// <param name="handover">Gets what may go out at once.</param>
    public void Write(RoundTrip trip, string place, Outgoing outgoing, Tally tally, FreshRows.Handover handover)
    {
        foreach (var message in outgoing.Messages)
        {
            tally.Add(Tally.Sent, message.Account, message.MessageId);
        }

        if (outgoing.Unscheduled is { Count: > 0 } tokens)
        {
            trip.Add(
                new(_unschedule) { Parameters = { new() { Value = tokens.ToArray() }, new() { Value = owner }, new() { Value = place } } });
        }

        if (outgoing.Messages is { Count: > 0 } messages)
        {
            var deadlines = DeadlinesIn(messages);
            var atOnce = messages.Where(message => message.Delay is null).ToDictionary(message => message.MessageId);
            handover.Expect([.. atOnce.Keys]);
            var insert = new NpgsqlBatchCommand(_insert)
            {
                Parameters =
                {
                    new("owner", owner),
                    new("messageIds", messages.Select(message => message.MessageId).ToArray()),
                    new("exchanges", messages.Select(message => message.Exchange).ToArray()),
                    new("delays", messages.Select(message => message.Delay).ToArray()),
                    new("headers", messages.Select(message => message.Headers).ToArray()),
                    new("bodies", messages.Select(message => message.Body).ToArray()),
                    new("deadlines", messages.Select(message => DeadlineOf(message, deadlines)).ToArray()),
                    new("patiences", messages.Select(message => message.Work is null ? null : message.Delay).ToArray()),
                },
            };
            trip.Add(insert, async reader =>
            {
                while (await reader.ReadAsync())
                {
                    if (atOnce.TryGetValue(reader.GetGuid(1), out var message))
                    {
                        handover.Add(new(
                            _atOnce,
                            reader.GetInt64(0),
                            message.MessageId,
                            message.Exchange,
                            message.Headers,
                            message.Body,
                            reader.GetFieldValue<DateTimeOffset>(2)));
                    }
                }
            });
        }

        if (!tally.IsEmpty)
        {
            // The accounts come last, so that the next transaction of this lane waits for the commit alone.
            trip.Add(tally.Command(tables, owner, place));
        }
    }

    static string Unscheduling(MessagingTables tables)
    {
        var (kind, hour) = MessageAccount.Sql("headers");
        return $"""
            with gone as (
                delete from {tables.Outbox} where due_at > '-infinity' and message_id = any ($1)
                returning {kind} as kind, {hour} as hour, {Tally.HalfSql("message_id")} as id)
            insert into {tables.Accounts} as account (owner, place, action, kind, hour, messages, ids)
            select $2, $3, '{Tally.TakenBack}', kind, hour, count(*), bit_xor(id) from gone where hour is not null group by kind, hour order by kind, hour
            {Tally.AddToIt}
            """;
    }

    static Dictionary<object, Guid> DeadlinesIn(IReadOnlyList<OutboxMessage> messages)
    {
        var deadlines = new Dictionary<object, Guid>(ReferenceEqualityComparer.Instance);
        foreach (var message in messages)
        {
            if (message is { Delay: not null, Work: { } work })
            {
                deadlines[work] = message.MessageId;
            }
        }

        return deadlines;
    }

    // An announcement has no answer.
    Guid? DeadlineOf(OutboxMessage message, Dictionary<object, Guid> deadlines) =>
        message is { Delay: null, Work: { } work }
            && deadlines.TryGetValue(work, out var deadline)
            && !announcements.Include(message.Exchange)
            ? deadline
            : null;
}

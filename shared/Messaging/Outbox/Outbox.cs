using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;
using Npgsql;

namespace Shop.Messaging;

/// <summary>Writes what a batch wants sent into the outbox table: one statement, in the batch's own transaction.</summary>
sealed class Outbox(MessagingTables tables, long owner)
{
    // Due times are counted from the database's clock, so a service whose clock jumps neither fires nor delays a deadline.
    readonly string _insert =
        $"""
        insert into {tables.Outbox} (owner, due_at, message_id, exchange, headers, body, created_at)
        select @owner, coalesce(clock_timestamp() + delay, '-infinity'), message_id, exchange, headers, body, clock_timestamp()
        from unnest(@messageIds, @exchanges, @delays, @headers, @bodies) with ordinality
            as message (message_id, exchange, delay, headers, body, position)
        order by position
        """;

    readonly string _unschedule =
        $"delete from {tables.Outbox} where due_at > '-infinity' and message_id = any (@tokens)";

    /// <summary>The replica whose relay publishes what is written here.</summary>
    public long Owner => owner;

    public async Task Write(DbContext db, Outgoing outgoing, CancellationToken cancellation)
    {
        if (outgoing is { Messages: [], Unscheduled.Count: 0 })
        {
            return;
        }

        await using var batch = new NpgsqlBatch(
            (NpgsqlConnection)db.Database.GetDbConnection(),
            (NpgsqlTransaction)db.Database.CurrentTransaction!.GetDbTransaction());
        if (outgoing.Unscheduled is { Count: > 0 } tokens)
        {
            batch.BatchCommands.Add(new(_unschedule) { Parameters = { new("tokens", tokens.ToArray()) } });
        }

        if (outgoing.Messages is { Count: > 0 } messages)
        {
            batch.BatchCommands.Add(new(_insert)
            {
                Parameters =
                {
                    new("owner", owner),
                    new("messageIds", messages.Select(message => message.MessageId).ToArray()),
                    new("exchanges", messages.Select(message => message.Exchange).ToArray()),
                    new("delays", messages.Select(message => message.Delay).ToArray()),
                    new("headers", messages.Select(message => message.Headers).ToArray()),
                    new("bodies", messages.Select(message => message.Body).ToArray()),
                },
            });
        }

        await batch.ExecuteNonQueryAsync(cancellation);
    }
}

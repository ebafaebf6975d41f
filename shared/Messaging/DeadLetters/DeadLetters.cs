using System.Text;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Shop.Hosting;

namespace Shop.Messaging;

/// <summary>
/// The messages a service could not handle, in its own database, and what may be done about them. Each decision is one
/// statement: who made it, and the message going out again or being remembered as done with, are one commit.
/// </summary>
public sealed class DeadLetters<TDb> where TDb : DbContext
{
    const string Columns =
        """
        letter.id, letter.endpoint, letter.message_id, letter.message_type, letter.reason, letter.exception_type,
        letter.trace_id, letter.failures, letter.first_failed_at, letter.last_failed_at, letter.status, letter.decided_by,
        letter.decided_at
        """;

    static readonly (string Kind, string Hour) _account = MessageAccount.Sql("letter.headers");
    static readonly UTF8Encoding _strictText = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    readonly NpgsqlDataSource _database;
    readonly Relay<TDb> _relay;
    readonly MessagingTables _tables;
    readonly string _handled;

    // A message without an id, or under that of another, is replayed under one that is always the same.
    readonly string _key;

    internal DeadLetters(NpgsqlDataSource database, IServiceScopeFactory scopes, Relay<TDb> relay)
    {
        using var scope = scopes.CreateScope();
        _tables = MessagingTables.Of(scope.ServiceProvider.GetRequiredService<TDb>());
        _database = database;
        _relay = relay;
        _key = $"""
            case when letter.message_id is null or exists (
                select from {_tables.Inbox} other where other.message_id = letter.message_id and other.endpoint = letter.endpoint
                and other.content <> {InboxKey.ContentOf("letter")})
            then md5(letter.id)::uuid else letter.message_id end
            """;
        _handled = $"exists (select from {_tables.Inbox} inbox where inbox.message_id = {_key} and inbox.endpoint = letter.endpoint)";
    }

    /// <param name="status">Null for all of them.</param>
    /// <param name="limit">Most to return.</param>
    public async Task<DeadLetterList> List(DeadLetterStatus? status, int limit, CancellationToken cancellation)
    {
        await using var command = _database.CreateCommand(
            $"""
            select {Columns}, {_handled} from {_tables.DeadLetters} letter
            where $1::text is null or status = $1 order by last_failed_at desc, id limit $2
            """);
        command.Parameters.Add(new() { Value = (object?)status?.ToString() ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Text });
        command.Parameters.Add(new() { Value = limit });
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var letters = new List<DeadLetter>();
        while (await reader.ReadAsync(cancellation))
        {
            letters.Add(Read(reader));
        }

        return new(letters, await CountWaiting(cancellation));
    }

    /// <returns>Null if there is no such dead letter.</returns>
    public async Task<DeadLetterContent?> Find(string id, CancellationToken cancellation)
    {
        await using var connection = await _database.OpenConnectionAsync(cancellation);
        return await Find(connection, id, cancellation);
    }

    async Task<DeadLetterContent?> Find(NpgsqlConnection connection, string id, CancellationToken cancellation)
    {
        await using var command = Command(
            connection, $"select {Columns}, {_handled}, headers, body, stack_trace from {_tables.DeadLetters} letter where id = $1", id);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        return await reader.ReadAsync(cancellation)
            ? new(
                Read(reader),
                JsonSerializer.Deserialize<Dictionary<string, string>>(reader.GetString(14))!,
                TextOf(reader.GetFieldValue<byte[]>(15)),
                Text(reader, 16))
            : null;
    }

    /// <summary>
    /// Sends the message to its endpoint once more, through the outbox. Asking again changes nothing, and the inbox sees to
    /// it that the message has its effect once however often it is sent.
    /// </summary>
    /// <returns>As it is now: one that was discarded before still is. Null if there is no such dead letter.</returns>
    public async Task<DeadLetter?> Replay(UnitOfWork<TDb> unit, string id, string by)
    {
        var connection = ConnectionOf(unit);
        var changed = await Execute(
            connection,
            $"""
            with letter as (
                update {_tables.DeadLetters} set status = 'Replayed', decided_by = $2, decided_at = now()
                where id = $1 and status = 'Waiting' returning *)
            insert into {_tables.Outbox} (owner, due_at, message_id, exchange, headers, body)
            select $3, '-infinity', {_key}, endpoint, headers, body from letter
            """,
            CancellationToken.None,
            id,
            by,
            _relay.Outbox.Owner);
        if (changed > 0)
        {
            unit.AfterCommit(_relay.Wake);
        }

        return (await Find(connection, id, CancellationToken.None))?.Letter;
    }

    /// <summary>Gives the message up. Copies of it that arrive later are dropped as duplicates.</summary>
    /// <returns>As it is now: one that was replayed before still is. Null if there is no such dead letter.</returns>
    public async Task<DeadLetter?> Discard(UnitOfWork<TDb> unit, string id, string by)
    {
        var connection = ConnectionOf(unit);
        await Execute(
            connection,
            $"""
            with letter as (
                update {_tables.DeadLetters} set status = 'Discarded', decided_by = $2, decided_at = now()
                where id = $1 and status = 'Waiting' returning *), done as (
                insert into {_tables.Inbox} (message_id, endpoint, received_at, content)
                select {_key}, endpoint, now(), {InboxKey.ContentOf("letter")} from letter on conflict do nothing
                returning message_id)
            insert into {_tables.Accounts} as account (owner, place, action, kind, hour, messages, ids)
            select $3, endpoint, '{Tally.Discarded}', {_account.Kind}, {_account.Hour}, 1, {Tally.HalfSql("letter.message_id")}
            from letter, done where {_account.Hour} is not null and letter.message_id is not null
            {Tally.AddToIt}
            """,
            CancellationToken.None,
            id,
            by,
            _relay.Outbox.Owner);
        return (await Find(connection, id, CancellationToken.None))?.Letter;
    }

    /// <summary>How many wait for a decision.</summary>
    public async Task<long> CountWaiting(CancellationToken cancellation)
    {
        await using var command = _database.CreateCommand($"select count(*) from {_tables.DeadLetters} where status = 'Waiting'");
        return (long)(await command.ExecuteScalarAsync(cancellation))!;
    }

    internal Task Keep(FailedMessage message, CancellationToken cancellation) =>
        Commit.InTransaction(_database, connection => Keep(connection, message, cancellation), cancellation);

    Task<int> Keep(NpgsqlConnection connection, FailedMessage message, CancellationToken cancellation) => Execute(
        connection,
        $"""
        insert into {_tables.DeadLetters} as letter (
            id, endpoint, message_id, message_type, headers, body, reason, exception_type, stack_trace, trace_id, failures, status)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 1, 'Waiting')
        on conflict (id) do update set
            failures = letter.failures + 1, last_failed_at = now(),
            status = case when letter.status = 'Discarded' then letter.status else 'Waiting' end,
            reason = excluded.reason, exception_type = excluded.exception_type, stack_trace = excluded.stack_trace
        """,
        cancellation,
        message.Id,
        message.Endpoint,
        (object?)message.MessageId ?? DBNull.Value,
        message.MessageType,
        JsonSerializer.Serialize(message.Headers),
        message.Body,
        message.Reason,
        message.ExceptionType,
        (object?)message.StackTrace ?? DBNull.Value,
        (object?)message.TraceId ?? DBNull.Value);

    static DeadLetter Read(NpgsqlDataReader row) => new(
        row.GetString(0),
        row.GetString(1),
        row.IsDBNull(2) ? null : row.GetGuid(2),
        row.GetString(3),
        row.GetString(4),
        row.GetString(5),
        Text(row, 6),
        row.GetInt32(7),
        row.GetFieldValue<DateTimeOffset>(8),
        row.GetFieldValue<DateTimeOffset>(9),
        Enum.Parse<DeadLetterStatus>(row.GetString(10)),
        Text(row, 11),
        row.IsDBNull(12) ? null : row.GetFieldValue<DateTimeOffset>(12),
        row.GetBoolean(13));

    static string? Text(NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);

    static string TextOf(byte[] body)
    {
        try
        {
            return _strictText.GetString(body);
        }
        catch (DecoderFallbackException)
        {
            return Convert.ToBase64String(body);
        }
    }

    static NpgsqlConnection ConnectionOf(UnitOfWork<TDb> unit) => (NpgsqlConnection)unit.Db.Database.GetDbConnection();

    static async Task<int> Execute(NpgsqlConnection connection, string sql, CancellationToken cancellation, params object[] arguments)
    {
        await using var command = Command(connection, sql, arguments);
        return await command.ExecuteNonQueryAsync(cancellation);
    }

    static NpgsqlCommand Command(NpgsqlConnection connection, string sql, params object[] arguments)
    {
        var command = new NpgsqlCommand(sql, connection);
        foreach (var argument in arguments)
        {
            command.Parameters.Add(new() { Value = argument });
        }

        return command;
    }
}

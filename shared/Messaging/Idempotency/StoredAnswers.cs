using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace Shop.Messaging;

/// <summary>Loads the stored answers that the requests of a batch may be about.</summary>
static class StoredAnswers<TDb> where TDb : DbContext
{
    static string? _sql;

    /// <summary>An answer that was not found does not exist. Another query would cost a round trip for each request.</summary>
    public static StoredAnswer? Find(TDb db, AnswerKey key) =>
        db.Set<StoredAnswer>().Local.FindEntryUntyped([key.User, key.Key])?.Entity;

    /// <summary>Adds the statement that looks for them.</summary>
    public static void Load(TDb db, IReadOnlyCollection<AnswerKey> asked, RoundTrip trip)
    {
        if (asked.Count > 0)
        {
            var sql = Sql(db);
            trip.Add(
                new NpgsqlBatchCommand(sql)
                {
                    Parameters =
                    {
                        new() { Value = asked.Select(key => key.User).ToArray() },
                        new() { Value = asked.Select(key => key.Key).ToArray() },
                    },
                },
                result => LoadedRows.Track(db, db.Set<StoredAnswer>().FromSqlRaw(sql), result));
        }
    }

    static string Sql(TDb db) =>
        _sql ??= $"""
        select {RowSql.Columns(db, db.Model.FindEntityType(typeof(StoredAnswer))!)}
        from "{db.Model.GetDefaultSchema()}".{StoredAnswer.Table}
        join unnest($1, $2) as asked (customer_id, idempotency_key) using (customer_id, idempotency_key)
        """;
}

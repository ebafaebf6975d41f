using Microsoft.EntityFrameworkCore;

namespace Shop.Messaging;

/// <summary>Loads the stored answers that the requests of a batch may be about.</summary>
static class StoredAnswers<TDb> where TDb : DbContext
{
    static string? _sql;

    /// <summary>An answer that was not found does not exist. Another query would cost a round trip for each request.</summary>
    public static StoredAnswer? Find(TDb db, AnswerKey key) =>
        db.Set<StoredAnswer>().Local.FindEntryUntyped([key.User, key.Key])?.Entity;

    public static Task Load(TDb db, IReadOnlyCollection<AnswerKey> asked) => asked.Count == 0
        ? Task.CompletedTask
        : db.Set<StoredAnswer>()
            .FromSqlRaw(Sql(db), asked.Select(key => key.User).ToArray(), asked.Select(key => key.Key).ToArray())
            .LoadAsync();

    static string Sql(TDb db) =>
        _sql ??= $$"""
        select {{RowSql.Columns(db, db.Model.FindEntityType(typeof(StoredAnswer))!)}}
        from "{{db.Model.GetDefaultSchema()}}".{{StoredAnswer.Table}}
        join unnest({0}, {1}) as asked (customer_id, idempotency_key) using (customer_id, idempotency_key)
        """;
}

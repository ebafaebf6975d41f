using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Storage;

namespace Shop.Messaging;

/// <summary>Parts of statements, made from EF's model.</summary>
static class RowSql
{
    /// <summary>
    /// Selects rows by an array of keys, in the order of their key. Column by column: a prepared statement that reads
    /// all of them fails when a later release adds one.
    /// </summary>
    public static string Select(DbContext db, IEntityType entity, IProperty key, string lockClause) =>
        $"select {Columns(db, entity)} from {Table(db, entity)} where {Name(db, key)} = any ($1) order by {Name(db, key)}{lockClause}";

    /// <summary>All columns of a table, with their names.</summary>
    public static string Columns(DbContext db, IEntityType entity) =>
        string.Join(", ", entity.GetProperties().Select(property => Name(db, property)));

    public static string Table(DbContext db, IEntityType entity) =>
        db.GetService<ISqlGenerationHelper>().DelimitIdentifier(entity.GetTableName()!, entity.GetSchema());

    public static string Name(DbContext db, IProperty property) =>
        db.GetService<ISqlGenerationHelper>().DelimitIdentifier(property.GetColumnName());
}

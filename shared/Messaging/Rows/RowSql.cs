using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Storage;

namespace Shop.Messaging;

/// <summary>Statements made from EF's model.</summary>
static class RowSql
{
    /// <summary>
    /// Selects rows by an array of keys, in the order of their key. Column by column: a prepared statement that reads
    /// all of them fails when a later release adds one.
    /// </summary>
    public static string Select(DbContext db, IEntityType entity, IProperty key, string lockClause)
    {
        var names = db.GetService<ISqlGenerationHelper>();
        var keyColumn = names.DelimitIdentifier(key.GetColumnName());
        return $$"""
            select {{Columns(db, entity)}} from {{names.DelimitIdentifier(entity.GetTableName()!, entity.GetSchema())}}
            where {{keyColumn}} = any ({0}) order by {{keyColumn}}{{lockClause}}
            """;
    }

    /// <summary>All columns of a table, with their names.</summary>
    public static string Columns(DbContext db, IEntityType entity)
    {
        var names = db.GetService<ISqlGenerationHelper>();
        return string.Join(", ", entity.GetProperties().Select(property => names.DelimitIdentifier(property.GetColumnName())));
    }
}

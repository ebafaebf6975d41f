using System.Collections.Concurrent;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.ChangeTracking;
using Microsoft.EntityFrameworkCore.Metadata;
using Npgsql;
using Npgsql.EntityFrameworkCore.PostgreSQL.Metadata;

namespace Shop.Messaging;

/// <summary>
/// Writes what handlers have changed: one statement for all rows of a kind, where EF Core has one for each row. The
/// statements go with the last round trip of the transaction.
/// </summary>
/// <remarks>
/// A changed row was locked by the batch, so nobody has changed it meanwhile: there is nothing for a concurrency token to
/// find.
/// </remarks>
static class RowWriter
{
    static readonly ConcurrentDictionary<(IEntityType Entity, EntityState State, long Columns), Statement> _known = new();

    /// <returns>False if there is nothing to write.</returns>
    /// <exception cref="InvalidOperationException">A row was changed that the batch has not locked.</exception>
    public static bool Write<TDb>(TDb db, Rows<TDb> rows, RoundTrip trip) where TDb : DbContext
    {
        db.ChangeTracker.DetectChanges();
        var changes = db.ChangeTracker.Entries()
            .Where(entry => entry.State is EntityState.Added or EntityState.Modified or EntityState.Deleted)
            .GroupBy(entry => (entry.Metadata, entry.State))
            // In one order: of two replicas that add the same rows one waits for the other, and never each for each.
            .OrderBy(change => change.Key.State).ThenBy(change => change.Key.Metadata.Name, StringComparer.Ordinal)
            .ToArray();
        foreach (var change in changes)
        {
            var ((entity, state), entries) = (change.Key, change.ToArray());
            if (state != EntityState.Added)
            {
                MustBeLocked(rows, entries);
            }

            var mask = state == EntityState.Modified ? entries.Aggregate(0L, (mask, entry) => mask | Modified(entry)) : 0;
            var (columns, sql) = _known.GetOrAdd((entity, state, mask), Make, db);
            trip.Add(Command(sql, columns, entries));
        }

        return changes is not [];
    }

    static long Modified(EntityEntry entry) => entry.Properties
        .Where(property => property.IsModified).Aggregate(0L, (mask, property) => mask | Bit(property.Metadata));

    static long Bit(IProperty property) => 1L << property.GetIndex();

    static Statement Make((IEntityType Entity, EntityState State, long Columns) change, DbContext db)
    {
        var entity = change.Entity;
        IProperty[] key = [.. entity.FindPrimaryKey()!.Properties];
        IProperty[] written = change.State switch
        {
            EntityState.Added => [.. entity.GetProperties().Where(IsOurs)],
            EntityState.Modified => [.. entity.GetProperties().Where(column => IsOurs(column) && (Bit(column) & change.Columns) != 0)],
            _ => [],
        };
        var columns = change.State == EntityState.Added ? written : [.. key, .. written];
        var table = RowSql.Table(db, entity);
        var values = $"unnest({List(columns.Select((_, number) => $"${number + 1}"))}) as v ({List(columns.Select(Name))})";
        var matches = string.Join(" and ", key.Select(column => $"t.{Name(column)} = {Value(column)}"));
        return new(columns, change.State switch
        {
            EntityState.Added =>
                $"insert into {table} ({List(columns.Select(Name))}) select {List(columns.Select(Value))} from {values} {Order(key)}",
            EntityState.Modified =>
                $"update {table} t set {List(written.Select(column => $"{Name(column)} = {Value(column)}"))} from {values} where {matches}",
            _ => $"delete from {table} t using {values} where {matches}",
        });

        string Name(IProperty column) => RowSql.Name(db, column);

        string Value(IProperty column) => $"v.{Name(column)}::{column.GetColumnType()}";

        string Order(IProperty[] key) => key.All(IsOurs) ? $"order by {List(key.Select(Value))}" : "";
    }

    static NpgsqlBatchCommand Command(string sql, IProperty[] columns, EntityEntry[] entries)
    {
        var command = new NpgsqlBatchCommand(sql);
        foreach (var column in columns)
        {
            var converter = column.GetTypeMapping().Converter;
            var values = Array.CreateInstance(Nullable(converter?.ProviderClrType ?? column.ClrType), entries.Length);
            for (var row = 0; row < entries.Length; row++)
            {
                var value = entries[row].Property(column).CurrentValue;
                values.SetValue(value is null || converter is null ? value : converter.ConvertToProvider(value), row);
            }

            command.Parameters.Add(new() { Value = values });
        }

        return command;
    }

    static Type Nullable(Type type) =>
        type.IsValueType && System.Nullable.GetUnderlyingType(type) is null ? typeof(Nullable<>).MakeGenericType(type) : type;

    // The others are the database's: a default, an identity, the version of a row.
    static bool IsOurs(IProperty property) =>
        property.ValueGenerated == ValueGenerated.Never
        || (property.ValueGenerated == ValueGenerated.OnAdd
            && property.GetDefaultValueSql() is null
            && property.GetValueGenerationStrategy() == NpgsqlValueGenerationStrategy.None);

    static void MustBeLocked<TDb>(Rows<TDb> rows, EntityEntry[] entries) where TDb : DbContext
    {
        foreach (var entry in entries)
        {
            var key = entry.Metadata.FindPrimaryKey()!.Properties.Select(column => entry.Property(column).CurrentValue).ToArray();
            if (key is not [{ } only] || !rows.IsLocked(entry.Metadata.ClrType, only))
            {
                throw new InvalidOperationException(
                    $"{entry.Metadata.ClrType.Name} {string.Join(' ', key)} was changed, but not locked. "
                    + "Whoever handles the message or request has to say before that it locks it.");
            }
        }
    }

    static string List(IEnumerable<string> parts) => string.Join(", ", parts);

    /// <param name="Columns">One array parameter for each.</param>
    sealed record Statement(IProperty[] Columns, string Sql);
}

using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace Shop.Messaging;

/// <summary>The tables that handlers may ask for rows of, in the order in which they are locked.</summary>
sealed class RowTables<TDb>(IReadOnlyList<RowTable<TDb>> tables) where TDb : DbContext
{
    /// <exception cref="InvalidOperationException">One of them has no place in the order.</exception>
    public IEnumerable<RowTable<TDb>> InLockOrder(IEnumerable<Type> needed)
    {
        if (needed.FirstOrDefault(row => tables.All(table => table.Row != row)) is { } unknown)
        {
            throw new InvalidOperationException(
                $"{unknown.Name} is locked by nobody: name it with Rows<{unknown.Name}>() where messaging is added.");
        }

        return tables;
    }
}

/// <summary>Loads rows of one table, all that a batch needs at once.</summary>
abstract class RowTable<TDb>(Type row) where TDb : DbContext
{
    public Type Row => row;

    /// <summary>Adds the statement that locks what is needed.</summary>
    public abstract void Lock(TDb db, NeededRows.Needed needed, RoundTrip trip);

    /// <summary>Adds the statement that reads what is needed and not locked.</summary>
    public abstract void Read(TDb db, NeededRows.Needed needed, RoundTrip trip);

    /// <summary>Tells who wants to know of the rows that are locked now.</summary>
    public abstract void Then(TDb db, NeededRows.Needed needed);
}

/// <inheritdoc/>
sealed class RowTable<TDb, TRow>() : RowTable<TDb>(typeof(TRow))
    where TDb : DbContext
    where TRow : class
{
    string? _select;
    string? _selectForUpdate;

    public override void Lock(TDb db, NeededRows.Needed needed, RoundTrip trip)
    {
        needed.IsLocked = true;
        Load(db, needed.Locked, isLocked: true, trip);
    }

    public override void Read(TDb db, NeededRows.Needed needed, RoundTrip trip) =>
        Load(db, [.. needed.Read.Except(needed.Locked)], isLocked: false, trip);

    public override void Then(TDb db, NeededRows.Needed needed)
    {
        foreach (var (key, then) in needed.Thens)
        {
            if (db.Set<TRow>().Local.FindEntryUntyped([key])?.Entity is { } row)
            {
                then(row);
            }
        }
    }

    void Load(TDb db, HashSet<object> keys, bool isLocked, RoundTrip trip)
    {
        if (keys.Count > 0)
        {
            var entity = db.Model.FindEntityType(typeof(TRow))!;
            var key = entity.FindPrimaryKey()!.Properties.Single();
            var array = Array.CreateInstance(key.ClrType, keys.Count);
            keys.ToArray().CopyTo(array, 0);
            var sql = isLocked
                ? _selectForUpdate ??= RowSql.Select(db, entity, key, " for update")
                : _select ??= RowSql.Select(db, entity, key, "");
            trip.Add(
                new NpgsqlBatchCommand(sql) { Parameters = { new() { Value = array } } },
                result => LoadedRows.Track(db, db.Set<TRow>().FromSqlRaw(sql), result));
        }
    }
}

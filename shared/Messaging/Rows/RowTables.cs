using Microsoft.EntityFrameworkCore;

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

    public abstract Task Lock(TDb db, NeededRows.Needed needed);

    public abstract Task Read(TDb db, NeededRows.Needed needed);
}

/// <inheritdoc/>
sealed class RowTable<TDb, TRow>() : RowTable<TDb>(typeof(TRow))
    where TDb : DbContext
    where TRow : class
{
    string? _select;
    string? _selectForUpdate;

    public override async Task Lock(TDb db, NeededRows.Needed needed)
    {
        needed.IsLocked = true;
        await Load(db, needed.Locked, isLocked: true);
        foreach (var (key, then) in needed.Thens)
        {
            if (db.Set<TRow>().Local.FindEntryUntyped([key])?.Entity is { } row)
            {
                then(row);
            }
        }
    }

    public override Task Read(TDb db, NeededRows.Needed needed) => Load(db, [.. needed.Read.Except(needed.Locked)], isLocked: false);

    async Task Load(TDb db, HashSet<object> keys, bool isLocked)
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
            await db.Set<TRow>().FromSqlRaw(sql, [array]).LoadAsync();
        }
    }
}

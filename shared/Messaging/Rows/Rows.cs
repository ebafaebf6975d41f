using Microsoft.EntityFrameworkCore;

namespace Shop.Messaging;

/// <summary>The rows that the work of a batch has asked for, loaded and locked before the first handler runs.</summary>
public sealed class Rows<TDb> where TDb : DbContext
{
    readonly TDb _db;
    readonly RowTables<TDb> _tables;
    NeededRows _needed = new();

    internal Rows(TDb db, RowTables<TDb> tables) => (_db, _tables) = (db, tables);

    /// <summary>Finds a row by its key, with what the work before it in the batch has made of it.</summary>
    /// <returns>Null if there is no such row.</returns>
    /// <exception cref="InvalidOperationException">No work of the batch has said that it needs the row, so nobody has
    /// loaded or locked it.</exception>
    public TRow? Find<TRow>(object key) where TRow : class => _needed.Has(typeof(TRow), key)
        ? _db.Set<TRow>().Local.FindEntryUntyped([key])?.Entity
        : throw new InvalidOperationException(
            $"{typeof(TRow).Name} {key} was asked for, but not declared. Whoever handles the message or request has to say before that it needs it.");

    /// <summary>Adds a new row. It is written with the batch.</summary>
    public void Add(object row) => _db.Add(row);

    /// <summary>True if nobody else changes the row before the batch ends.</summary>
    internal bool IsLocked(Type row, object key) => _needed.IsLocked(row, key);

    /// <param name="opening">Takes the statements with it, and is sent.</param>
    /// <remarks>
    /// Tables in the order of their registration, rows in the order of their key: two batches that want the same rows
    /// queue, and never deadlock.
    /// </remarks>
    internal async Task Load(NeededRows needed, RoundTrip opening)
    {
        _needed = needed;
        var trip = opening;
        foreach (var table in _tables.InLockOrder(needed.Tables))
        {
            var rows = needed.Of(table.Row);
            table.Lock(_db, rows, trip);
            if (rows.Thens is not [])
            {
                // What is locked because of a row is not known before that row.
                await trip.Send();
                trip = new(_db);
                table.Then(_db, rows);
            }
        }

        // Unlocked rows are loaded last, because a tracked row keeps its values, and those of the locked read are right.
        foreach (var table in _tables.InLockOrder(needed.Tables))
        {
            table.Read(_db, needed.Of(table.Row), trip);
        }

        StoredAnswers<TDb>.Load(_db, needed.Answers, trip);
        await trip.Send();
    }
}

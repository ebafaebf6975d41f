namespace Shop.Messaging;

/// <summary>
/// The rows that the work of a batch needs. Each work declares them before the batch begins, and the batch loads them with one statement
/// per table.
/// </summary>
public sealed class NeededRows
{
    readonly Dictionary<Type, Needed> _tables = [];

    /// <summary>A row that may be changed: nobody else changes it before the batch ends.</summary>
    /// <param name="then">
    /// Told of the row, if there is one, so that it can say what has to be locked because of it, in a later table.
    /// </param>
    /// <exception cref="InvalidOperationException">The rows of this table are locked already.</exception>
    public void Lock<TRow>(object key, Action<TRow>? then = null) where TRow : class
    {
        var table = StillOpen(typeof(TRow));
        table.Locked.Add(key);
        if (then is not null)
        {
            table.Thens.Add((key, row => then((TRow)row)));
        }
    }

    /// <inheritdoc cref="Lock{TRow}"/>
    public void LockAll<TRow>(IEnumerable<object> keys) where TRow : class => StillOpen(typeof(TRow)).Locked.UnionWith(keys);

    /// <summary>Rows that are only looked at. They may change meanwhile.</summary>
    public void ReadAll<TRow>(IEnumerable<object> keys) where TRow : class => Of(typeof(TRow)).Read.UnionWith(keys);

    /// <summary>Answers to the requests that the batch may have to repeat.</summary>
    internal HashSet<AnswerKey> Answers { get; } = [];

    internal IEnumerable<Type> Tables => _tables.Keys;

    internal Needed Of(Type row) => _tables.TryGetValue(row, out var needed) ? needed : _tables[row] = new();

    internal bool Has(Type row, object key) =>
        _tables.TryGetValue(row, out var needed) && (needed.Locked.Contains(key) || needed.Read.Contains(key));

    internal bool IsLocked(Type row, object key) => _tables.TryGetValue(row, out var needed) && needed.Locked.Contains(key);

    // A row that is declared too late is not loaded or locked, and would look like one that does not exist.
    Needed StillOpen(Type row) => Of(row) is { IsLocked: false } needed
        ? needed
        : throw new InvalidOperationException(
            $"A {row.Name} was declared after the batch had locked those it needs: before it begins, and in the order of locking.");

    /// <summary>The needed rows of one table.</summary>
    internal sealed class Needed
    {
        /// <summary>True once the batch has locked what was declared until then.</summary>
        public bool IsLocked { get; set; }

        public HashSet<object> Locked { get; } = [];

        public HashSet<object> Read { get; } = [];

        public List<(object Key, Action<object> Then)> Thens { get; } = [];
    }
}

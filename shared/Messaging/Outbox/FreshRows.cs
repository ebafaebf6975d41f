namespace Shop.Messaging;

/// <summary>
/// Outbox rows that this process has just committed: its relay publishes them from memory and need not read them. The table
/// is for what memory has not got: after a start, after trouble, and of replicas that are gone.
/// </summary>
/// <remarks>
/// Who reads the table leaves out a row that is being committed here, so nothing goes out twice. A row whose commit has an
/// unknown outcome is not left out: if it is there, it is found.
/// </remarks>
/// <param name="rowsMax">More are left to the table.</param>
sealed class FreshRows(int rowsMax)
{
    readonly Lock _lock = new();
    readonly HashSet<Guid> _expected = [];
    readonly HashSet<long> _waiting = [];
    readonly Queue<RelayRow> _rows = [];
    int _generation;
    bool _isIncomplete = true;

    /// <summary>The numbers of the rows that wait here.</summary>
    public IReadOnlyCollection<long> Waiting
    {
        get
        {
            lock (_lock)
            {
                return [.. _waiting];
            }
        }
    }

    /// <summary>For the rows of one transaction.</summary>
    public Handover Begin() => new(this);

    /// <summary>The next rows, in the order of their commits.</summary>
    public IReadOnlyList<RelayRow> Take(int limit)
    {
        lock (_lock)
        {
            var taken = new List<RelayRow>(Math.Min(limit, _rows.Count));
            while (taken.Count < limit && _rows.TryDequeue(out var row))
            {
                _waiting.Remove(row.Seq);
                taken.Add(row);
            }

            return taken;
        }
    }

    /// <summary>Rows of the table without those that come, or have come, by a handover.</summary>
    public IReadOnlyList<RelayRow> WithoutHandedOver(IReadOnlyList<RelayRow> rows)
    {
        lock (_lock)
        {
            return [.. rows.Where(row => !_expected.Contains(row.MessageId) && !_waiting.Contains(row.Seq))];
        }
    }

    /// <summary>The table has rows that do not come by a handover.</summary>
    public void IsIncomplete()
    {
        lock (_lock)
        {
            _isIncomplete = true;
        }
    }

    /// <summary>True if the table has to be read now, which the caller does.</summary>
    public bool TakeIncomplete()
    {
        lock (_lock)
        {
            var isIncomplete = _isIncomplete;
            _isIncomplete = false;
            return isIncomplete;
        }
    }

    /// <summary>Forgets all: the rows may be another's by now, and only the table can tell which are ours.</summary>
    public void Clear()
    {
        lock (_lock)
        {
            _rows.Clear();
            _waiting.Clear();
            _generation++;
            _isIncomplete = true;
        }
    }

    /// <summary>What one transaction hands over to the relay; nothing if it is disposed of before its commit.</summary>
    public sealed class Handover : IDisposable
    {
        readonly FreshRows _fresh;
        readonly int _generation;
        readonly List<RelayRow> _rows = [];
        IReadOnlyList<Guid> _ids = [];

        internal Handover(FreshRows fresh) => (_fresh, _generation) = (fresh, fresh._generation);

        /// <summary>Called before rows are written.</summary>
        public void Expect(IReadOnlyList<Guid> messageIds)
        {
            lock (_fresh._lock)
            {
                _ids = messageIds;
                _fresh._expected.UnionWith(messageIds);
            }
        }

        /// <summary>Called when a row is written, and not yet committed.</summary>
        public void Add(RelayRow row) => _rows.Add(row);

        /// <summary>Called after the commit.</summary>
        public void Committed()
        {
            lock (_fresh._lock)
            {
                if (_generation != _fresh._generation || _fresh._rows.Count + _rows.Count > _fresh.RowsMax)
                {
                    _fresh._isIncomplete = true;
                    return;
                }

                foreach (var row in _rows)
                {
                    _fresh._waiting.Add(row.Seq);
                    _fresh._rows.Enqueue(row);
                }
            }
        }

        public void Dispose()
        {
            lock (_fresh._lock)
            {
                _fresh._expected.ExceptWith(_ids);
            }
        }
    }

    int RowsMax => rowsMax;
}

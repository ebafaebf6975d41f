namespace Shop.Messaging;

/// <summary>
/// Answers of the broker about rows that are not in the table yet, because a row is locked or the database is away. Until they are stored,
/// these rows are not published again.
/// </summary>
sealed class BrokerAnswers(RelayStore store)
{
    readonly Dictionary<long, RelayRow> _confirmed = [];
    readonly Dictionary<long, RelayRow> _refused = [];

    public IReadOnlyCollection<long> Rows => [.. _confirmed.Keys, .. _refused.Keys];

    public void Add(IReadOnlyList<RelayRow> rows, PublishOutcome outcome)
    {
        foreach (var row in rows)
        {
            _confirmed[row.Seq] = row;
        }

        foreach (var refusal in outcome.Refused)
        {
            _confirmed.Remove(refusal.Row.Seq);
            _refused[refusal.Row.Seq] = refusal.Row;
        }
    }

    /// <summary>Stores the answers whose rows are not locked.</summary>
    public async Task Write(CancellationToken cancellation)
    {
        Forget(_confirmed, await store.Delete(_confirmed.Values, cancellation));
        Forget(_refused, await store.Postpone(_refused.Values, cancellation));
    }

    static void Forget(Dictionary<long, RelayRow> rows, IReadOnlySet<long> written)
    {
        foreach (var seq in written)
        {
            rows.Remove(seq);
        }
    }
}

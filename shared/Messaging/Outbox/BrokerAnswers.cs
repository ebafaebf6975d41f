namespace Shop.Messaging;

/// <summary>
/// What the broker has said of rows and the table does not say yet: somebody may hold a row locked, or the database be away. Until then
/// they are not published again.
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

    /// <summary>Writes down what nobody keeps us from.</summary>
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

namespace Shop.Messaging;

/// <summary>What a batch wants sent, taken back and told after its commit.</summary>
sealed class Outgoing
{
    readonly List<OutboxMessage> _messages = [];
    readonly HashSet<Guid> _unscheduled = [];
    readonly List<Action> _afterCommit = [];

    public IReadOnlyList<OutboxMessage> Messages => _messages;
    public IReadOnlyCollection<Guid> Unscheduled => _unscheduled;
    public IReadOnlyList<Action> ActionsAfterCommit => _afterCommit;

    public void Add(OutboxMessage message) => _messages.Add(message);

    public void Unschedule(Guid token)
    {
        // Scheduled and taken back within one batch: it never reaches the table.
        if (_messages.RemoveAll(message => message.Delay is not null && message.MessageId == token) == 0)
        {
            _unscheduled.Add(token);
        }
    }

    public void AfterCommit(Action action) => _afterCommit.Add(action);
}

/// <summary>A message as it is stored and published.</summary>
/// <param name="Delay">Wait before it may go out; null means at once.</param>
/// <param name="Headers">A JSON object of strings.</param>
/// <param name="Body">The message as UTF-8 JSON.</param>
sealed record OutboxMessage(Guid MessageId, string Exchange, TimeSpan? Delay, string Headers, byte[] Body);

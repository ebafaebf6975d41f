namespace Shop.Messaging;

/// <summary>The messages that a batch sends and takes back, and its actions after the commit.</summary>
sealed class Outgoing
{
    readonly List<OutboxMessage> _messages = [];
    readonly HashSet<Guid> _unscheduled = [];
    readonly List<(Action Action, ExecutionContext? Ambient)> _afterCommit = [];

    public IReadOnlyList<OutboxMessage> Messages => _messages;
    public IReadOnlyCollection<Guid> Unscheduled => _unscheduled;

    public void Add(OutboxMessage message) => _messages.Add(message);

    public void Unschedule(Guid token)
    {
        // Scheduled and taken back within one batch: it never reaches the table.
        if (_messages.RemoveAll(message => message.Delay is not null && message.MessageId == token) == 0)
        {
            _unscheduled.Add(token);
        }
    }

    // A batch is about many traces: each action runs in that of the work it comes from.
    public void AfterCommit(Action action) => _afterCommit.Add((action, ExecutionContext.Capture()));

    /// <param name="onError">Called with an exception of an action. The other actions run nevertheless.</param>
    public void Committed(Action<Exception> onError)
    {
        foreach (var (action, ambient) in _afterCommit)
        {
            try
            {
                if (ambient is null)
                {
                    action();
                }
                else
                {
                    ExecutionContext.Run(ambient, static action => ((Action)action!)(), action);
                }
            }
            catch (Exception error)
            {
                onError(error);
            }
        }
    }
}

/// <summary>A message as it is stored and published.</summary>
/// <param name="Delay">Wait before it may go out; null means at once.</param>
/// <param name="Headers">A JSON object of strings.</param>
/// <param name="Body">The message as UTF-8 JSON.</param>
/// <param name="Account">What it is counted under as sent; null for one that was sent before and comes back.</param>
/// <param name="Work">
/// What it is said in: the delay counts from when the broker has confirmed what was said at once in the same. Null: from the commit.
/// </param>
sealed record OutboxMessage(
    Guid MessageId, string Exchange, TimeSpan? Delay, string Headers, byte[] Body, MessageAccount? Account = null, object? Work = null);

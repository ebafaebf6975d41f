using System.Collections.Concurrent;

namespace Shop.Messaging.Tests.Bank;

/// <summary>
/// Stops handlers for a test. While one is stopped, all messages that arrive at its endpoint wait, and share one batch afterwards.
/// </summary>
public sealed class Gate
{
    readonly ConcurrentDictionary<Guid, (TaskCompletionSource Reached, TaskCompletionSource Opened)> _gates = new();

    /// <summary>Called by a handler: returns once the test has opened.</summary>
    public Task Pass(Guid gate)
    {
        var (reached, opened) = Of(gate);
        reached.TrySetResult();
        return opened.Task;
    }

    public Task Reached(Guid gate) => Of(gate).Reached.Task;

    public void Open(Guid gate) => Of(gate).Opened.TrySetResult();

    public void OpenAll()
    {
        foreach (var gate in _gates.Keys)
        {
            Open(gate);
        }
    }

    (TaskCompletionSource Reached, TaskCompletionSource Opened) Of(Guid gate) =>
        _gates.GetOrAdd(gate, _ => (new(TaskCreationOptions.RunContinuationsAsynchronously),
            new(TaskCreationOptions.RunContinuationsAsynchronously)));
}

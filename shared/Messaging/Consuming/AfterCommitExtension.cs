using MassTransit;

namespace Shop.Messaging;

public static class AfterCommitExtension
{
    /// <summary>
    /// Runs after the commit of the transaction the consumer is part of; not at all after a rollback, and not after a crash. Without a
    /// transaction, it runs at once. It suits wake-ups of pollers, logs and metrics.
    /// </summary>
    public static void AfterCommit(this ConsumeContext context, Action action)
    {
        if (context.TryGetPayload<Outgoing>(out var outgoing))
        {
            outgoing.AfterCommit(action);
        }
        else
        {
            action();
        }
    }
}

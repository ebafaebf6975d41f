using MassTransit;

namespace Shop.Messaging;

public static class AfterCommitExtension
{
    /// <summary>
    /// Runs after the commit of the transaction the consumer is part of; not at all after a rollback, and not after a crash. Where
    /// there is no transaction, at once. Good for waking somebody who would look anyway, and for saying what has happened.
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

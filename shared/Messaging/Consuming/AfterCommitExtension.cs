using MassTransit;

namespace Shop.Messaging;

public static class AfterCommitExtension
{
    /// <summary>
    /// Runs after the commit of the transaction the consumer is part of; not at all after a rollback, and not after a crash.
    /// Good for waking somebody who would look anyway.
    /// </summary>
    public static void AfterCommit(this ConsumeContext context, Action action) =>
        context.GetPayload<Outgoing>().AfterCommit(action);
}

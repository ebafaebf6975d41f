using System.Diagnostics;
using Microsoft.EntityFrameworkCore;

namespace Shop.Messaging;

/// <summary>One piece of work that waits for a transaction.</summary>
/// <param name="request">The message or request; shown to <see cref="IPreload{TDb}"/>.</param>
abstract class Work<TDb>(object request) where TDb : DbContext
{
    // Handlers run on the lane's thread of control; what their caller had in its ambient context (the current trace
    // above all) has to come along.
    readonly ExecutionContext? _ambient = ExecutionContext.Capture();

    /// <summary>From now until the commit: the wait for a transaction, and the transaction. Null if nobody listens.</summary>
    public Activity? Span { get; } = BatchSpan.OfWork();

    public object Request => request;

    /// <summary>The inbox key; null for work that is not a message.</summary>
    public virtual InboxKey? Key => null;

    /// <summary>True if it must not share a transaction: it has failed before.</summary>
    public virtual bool RunsAlone => false;

    /// <summary>True if the work waits out a database failure; false if its caller wants to hear of it.</summary>
    public virtual bool WaitsForDatabase => false;

    public Task Execute(UnitOfWork<TDb> unit)
    {
        if (_ambient is null)
        {
            return Run(unit);
        }

        var running = Task.CompletedTask;
        ExecutionContext.Run(_ambient, _ => running = Run(unit), null);
        return running;
    }

    /// <summary>Called in place of <see cref="Execute"/> for a message that had its effect before.</summary>
    public virtual Task Duplicate() => Task.CompletedTask;

    public virtual void Committed() => MessageTrace.End(Span);

    public virtual void Failed(Exception error) => MessageTrace.End(Span, error);

    /// <summary>The message itself, to be delivered again after a pause; null for work that is not a message.</summary>
    public virtual LaterMessage? ForLater() => null;

    /// <summary>Called once the outbox has what <see cref="ForLater"/> returned: this delivery is done with.</summary>
    public virtual Task PutOff() => Task.CompletedTask;

    /// <summary>True if it goes on waiting for a database that is away; else it has been told.</summary>
    public bool WaitsOut(BatchOutcome outcome, bool stopping)
    {
        if (!stopping && (WaitsForDatabase || outcome.MayRetryAtOnce))
        {
            return true;
        }

        GiveUp(outcome.Error!);
        return false;
    }

    /// <summary>Ends the wait for what passes.</summary>
    public void GiveUp(Exception error) =>
        // Only a cancelled message goes back to its queue; with any other error it would become a dead letter.
        Failed(WaitsForDatabase ? new OperationCanceledException("The process is stopping.", error) : error);

    protected abstract Task Run(UnitOfWork<TDb> unit);
}

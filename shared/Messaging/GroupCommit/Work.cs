using System.Diagnostics;
using Microsoft.EntityFrameworkCore;

namespace Shop.Messaging;

/// <summary>One piece of work that waits for a transaction.</summary>
abstract class Work<TDb> where TDb : DbContext
{
    const int Undecided = 0;
    const int Committing = 1;
    const int Withdrawn = 2;

    int _state;

    // Handlers run in the lane's context, so the caller's ambient context (above all the current trace) is restored.
    readonly ExecutionContext? _ambient = ExecutionContext.Capture();

    /// <summary>From now until the commit: the wait for a transaction, and the transaction. Null if nobody listens.</summary>
    public Activity? Span { get; } = BatchSpan.OfWork();

    /// <summary>Declares the rows that it needs.</summary>
    public abstract void Need(NeededRows rows);

    /// <summary>The inbox key; null for work that is not a message.</summary>
    public virtual InboxKey? Key => null;

    /// <summary>What it is counted under; null for what is not counted.</summary>
    public virtual MessageAccount? Account => null;

    /// <summary>
    /// True if it need not be the only delivery of its message: the broker or the relay says so, or a commit without an
    /// answer.
    /// </summary>
    public virtual bool IsCopy => MayHaveCommitted;

    /// <summary>True once it was part of a transaction that nobody knows the outcome of.</summary>
    public bool MayHaveCommitted { get; set; }

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

    /// <summary>From now on it may have its effect.</summary>
    /// <returns>False if its caller has gone.</returns>
    public bool TryBeginCommit() => Interlocked.CompareExchange(ref _state, Committing, Undecided) != Withdrawn;

    /// <summary>It has not had its effect, and may be run again.</summary>
    public void IsRolledBack() => Interlocked.CompareExchange(ref _state, Undecided, Committing);

    /// <summary>True if nobody waits for it, and it must not have its effect any more.</summary>
    public bool IsWithdrawn => Volatile.Read(ref _state) == Withdrawn;

    /// <summary>Called in place of <see cref="Execute"/> for a message that had its effect before.</summary>
    public virtual Task Duplicate() => Task.CompletedTask;

    public virtual void Committed() => MessageTrace.End(Span);

    public virtual void Failed(Exception error) => MessageTrace.End(Span, error);

    /// <summary>The message itself, to be delivered again after a pause; null for work that is not a message.</summary>
    public virtual LaterMessage? ForLater() => null;

    /// <summary>Called once the outbox has the message of <see cref="ForLater"/>. This delivery is then done.</summary>
    public virtual Task PutOff() => Task.CompletedTask;

    /// <summary>True if it goes on waiting for a database that is away. Otherwise it got the error.</summary>
    public bool WaitsOut(BatchOutcome outcome, bool stopping)
    {
        if (!stopping && (WaitsForDatabase || outcome.MayRetryAtOnce))
        {
            return true;
        }

        GiveUp(outcome.Error!);
        return false;
    }

    /// <summary>Ends the wait for a temporary problem.</summary>
    public void GiveUp(Exception error) =>
        // Only a cancelled message goes back to its queue; with any other error it would become a dead letter.
        Failed(WaitsForDatabase ? new OperationCanceledException("The process is stopping.", error) : error);

    /// <returns>False if it is too late: nobody can tell whether it has its effect.</returns>
    protected bool TryWithdraw() => Interlocked.CompareExchange(ref _state, Withdrawn, Undecided) == Undecided;

    protected abstract Task Run(UnitOfWork<TDb> unit);
}

/// <summary>Somebody in a batch has stopped waiting before the batch was committed.</summary>
sealed class CallerGoneException() : OperationCanceledException("A caller has stopped waiting.");

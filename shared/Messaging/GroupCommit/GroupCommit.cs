using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Shop.Hosting;

namespace Shop.Messaging;

/// <summary>
/// The way HTTP handlers and background work write: concurrent writers share transactions, and what they publish goes out
/// if, and only if, their transaction committed.
/// </summary>
public sealed class GroupCommit<TDb> : IAsyncDisposable where TDb : DbContext
{
    readonly CommitLane<TDb> _lane;
    readonly Relay<TDb> _relay;
    readonly MessagingOptions _options;

    internal GroupCommit(IServiceProvider services, Relay<TDb> relay, IOptions<MessagingOptions> options)
    {
        _relay = relay;
        _options = options.Value;
        _lane = new("writes", services, _options.BatchSizeMax, _options.WaitingWritesMax);
    }

    internal int Waiting => _lane.Waiting;

    /// <summary>Runs <paramref name="work"/> in a transaction shared with others, and returns after its commit.</summary>
    /// <param name="need">Says which rows the work is going to ask for, so that they are loaded and locked.</param>
    /// <param name="work">
    /// May run more than once, because a rollback caused by one work undoes all of a batch: it must touch nothing but its
    /// unit, and must not query rows that others of the batch may have changed. If it throws, only it fails.
    /// </param>
    /// <remarks>There is no cancellation: whoever stops waiting for a commit does not know whether it happened.</remarks>
    /// <exception cref="OverloadedException">Too much is waiting already, for the database or for the broker.</exception>
    /// <exception cref="UnknownOutcomeException">Nobody can tell whether it was committed.</exception>
    public Task<TResult> Run<TResult>(Action<NeededRows> need, Func<UnitOfWork<TDb>, Task<TResult>> work) =>
        Add(new Write<TResult>(need, work, held: null)).Result;

    /// <summary>The same for work that asks for no row.</summary>
    public Task<TResult> Run<TResult>(Func<UnitOfWork<TDb>, Task<TResult>> work) => Run(_ => { }, work);

    /// <summary>The same with a time limit for the caller.</summary>
    /// <param name="patience">
    /// After it, work whose commit has not begun is taken back, and an <see cref="OverloadedException"/> says so; of a
    /// commit that has begun the outcome is unknown.
    /// </param>
    /// <param name="held">Disposed of when the work has come to its end, which may be later than its caller's.</param>
    internal async Task<TResult> Run<TResult>(
        Action<NeededRows> need, Func<UnitOfWork<TDb>, Task<TResult>> work, TimeSpan patience, IDisposable held)
    {
        Write<TResult> writing;
        try
        {
            writing = Add(new Write<TResult>(need, work, held));
        }
        catch
        {
            held.Dispose();
            throw;
        }

        try
        {
            return await writing.Result.WaitAsync(patience);
        }
        catch (TimeoutException) when (!writing.Result.IsCompleted)
        {
            writing.StopWaiting();
            return await writing.Result;
        }
    }

    Write<TResult> Add<TResult>(Write<TResult> writing)
    {
        if (_relay.BacklogRows > _options.BacklogRowsMax)
        {
            throw new OverloadedException("Too many messages are waiting for the message broker.");
        }

        return _lane.TryAdd(writing) ? writing : throw new OverloadedException("Too many requests are waiting for the database.");
    }

    public ValueTask DisposeAsync() => _lane.DisposeAsync();

    sealed class Write<TResult>(Action<NeededRows> need, Func<UnitOfWork<TDb>, Task<TResult>> work, IDisposable? held) : Work<TDb>
    {
        readonly TaskCompletionSource<TResult> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TResult? _result;

        public Task<TResult> Result => _done.Task;

        public override void Need(NeededRows rows) => need(rows);

        public override void Committed()
        {
            base.Committed();
            held?.Dispose();
            _done.TrySetResult(_result!);
        }

        public override void Failed(Exception error)
        {
            base.Failed(error);
            held?.Dispose();
            _done.TrySetException(error);
        }

        /// <summary>Tells the caller the outcome as far as it is known.</summary>
        public void StopWaiting()
        {
            if (TryWithdraw())
            {
                Failed(new OverloadedException("The database has not come to this request in time. Nothing was done."));
            }
            else
            {
                // The work itself goes on to its end.
                _done.TrySetException(new UnknownOutcomeException("The database has not answered in time whether it has committed."));
            }
        }

        protected override async Task Run(UnitOfWork<TDb> unit) => _result = await work(unit);
    }
}

/// <summary>A limit on waiting work is reached; trying again a little later is the right answer.</summary>
public sealed class OverloadedException(string message) : Exception(message);

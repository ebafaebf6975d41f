using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

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
    /// <param name="request">Shown to <see cref="IPreload{TDb}"/>, so that the rows the work needs are loaded and locked.</param>
    /// <param name="work">
    /// May run more than once, because a rollback caused by one work undoes all of a batch: it must touch nothing but its
    /// unit, and must not query rows that others of the batch may have changed. If it throws, only it fails.
    /// </param>
    /// <remarks>
    /// There is no cancellation: whoever stops waiting for a commit does not know whether it happened. A database error
    /// during the commit itself leaves that open as well; callers that must not act twice bring an idempotency key.
    /// </remarks>
    /// <exception cref="OverloadedException">Too much is waiting already, for the database or for the broker.</exception>
    public Task<TResult> Run<TResult>(object request, Func<UnitOfWork<TDb>, Task<TResult>> work)
    {
        if (_relay.BacklogRows > _options.BacklogRowsMax)
        {
            throw new OverloadedException("Too many messages are waiting for the message broker.");
        }

        var writing = new Write<TResult>(request, work);
        return _lane.TryAdd(writing)
            ? writing.Result
            : throw new OverloadedException("Too many requests are waiting for the database.");
    }

    public ValueTask DisposeAsync() => _lane.DisposeAsync();

    sealed class Write<TResult>(object request, Func<UnitOfWork<TDb>, Task<TResult>> work) : Work<TDb>(request)
    {
        readonly TaskCompletionSource<TResult> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TResult? _result;

        public Task<TResult> Result => _done.Task;

        public override void Committed()
        {
            base.Committed();
            _done.TrySetResult(_result!);
        }

        public override void Failed(Exception error)
        {
            base.Failed(error);
            _done.TrySetException(error);
        }

        protected override async Task Run(UnitOfWork<TDb> unit) => _result = await work(unit);
    }
}

/// <summary>A limit on waiting work is reached; trying again a little later is the right answer.</summary>
public sealed class OverloadedException(string message) : Exception(message);

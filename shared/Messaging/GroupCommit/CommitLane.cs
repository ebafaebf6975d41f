using System.Threading.Channels;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Shop.Messaging;

/// <summary>
/// A queue of work in front of the database. Whatever waits when a transaction ends shares the next one, so the busier the
/// system the cheaper each piece: there is no timer, and an idle lane adds no delay. (Group commit, as in: DeWitt et al.,
/// "Implementation techniques for main memory database systems", 1984.)
/// </summary>
sealed class CommitLane<TDb> : IAsyncDisposable where TDb : DbContext
{
    static readonly TimeSpan _firstPause = TimeSpan.FromMilliseconds(100);
    static readonly TimeSpan _longestPause = TimeSpan.FromSeconds(1);

    readonly Channel<Work<TDb>> _waiting;
    readonly Lazy<BatchTransaction<TDb>> _transaction;
    readonly int _batchSizeMax;
    readonly CancellationTokenSource _stopping = new();
    readonly Task _running;

    /// <param name="services">Asked for the bus only when work arrives: the bus is built with its lanes.</param>
    public CommitLane(string name, IServiceProvider services, int batchSizeMax, int waitingMax)
    {
        _transaction = new(() => ActivatorUtilities.CreateInstance<BatchTransaction<TDb>>(services, name));
        _batchSizeMax = batchSizeMax;
        _waiting = Channel.CreateBounded<Work<TDb>>(new BoundedChannelOptions(waitingMax) { SingleReader = true });
        // Not in the context of whoever happens to create the lane.
        using (ExecutionContext.SuppressFlow())
        {
            _running = Task.Run(Drain);
        }
    }

    /// <summary>False if the lane is full or closed.</summary>
    public bool TryAdd(Work<TDb> work) => _waiting.Writer.TryWrite(work);

    /// <summary>Finishes what waits, except what waits for a database that is away.</summary>
    public async ValueTask DisposeAsync()
    {
        _waiting.Writer.TryComplete();
        await _stopping.CancelAsync();
        await _running;
        _stopping.Dispose();
    }

    async Task Drain()
    {
        var batch = new List<Work<TDb>>(_batchSizeMax);
        while (await _waiting.Reader.WaitToReadAsync())
        {
            while (batch.Count < _batchSizeMax && _waiting.Reader.TryRead(out var work))
            {
                if (work.RunsAlone)
                {
                    await Process([work]);
                }
                else
                {
                    batch.Add(work);
                }
            }

            if (batch is not [])
            {
                await Process(batch);
                batch.Clear();
            }
        }
    }

    /// <summary>
    /// One transaction for all. If it fails for a reason that lies in one of them, each runs alone, so that only the
    /// culprit fails. If the database is away, messages wait for it here, unacknowledged, and callers are told.
    /// </summary>
    async Task Process(IReadOnlyList<Work<TDb>> batch)
    {
        for (var pause = _firstPause; batch is not []; pause = Longer(pause))
        {
            var outcome = await _transaction.Value.Run(batch);
            if (outcome.Error is not { } error)
            {
                return;
            }

            if (!TransientErrors.IsTransient(error))
            {
                if (batch is [var culprit])
                {
                    culprit.Failed(error);
                    return;
                }

                foreach (var work in batch)
                {
                    await Process([work]);
                }

                return;
            }

            batch = Remaining(batch, outcome);
            await Pause(outcome.MayRetryAtOnce ? TimeSpan.Zero : pause);
        }
    }

    List<Work<TDb>> Remaining(IReadOnlyList<Work<TDb>> batch, BatchOutcome outcome)
    {
        var remaining = new List<Work<TDb>>(batch.Count);
        foreach (var work in batch)
        {
            if (!_stopping.IsCancellationRequested && (work.WaitsForDatabase || outcome.MayRetryAtOnce))
            {
                remaining.Add(work);
            }
            else
            {
                work.Failed(outcome.Error!);
            }
        }

        return remaining;
    }

    async Task Pause(TimeSpan pause) =>
        await Task.Delay(pause, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    static TimeSpan Longer(TimeSpan pause) => pause * 2 < _longestPause ? pause * 2 : _longestPause;
}

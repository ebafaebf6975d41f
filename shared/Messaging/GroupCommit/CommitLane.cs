using System.Threading.Channels;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Shop.Messaging;

/// <summary>
/// A queue of work in front of the database. Whatever waits when a transaction ends shares the next one, so the busier the
/// system the cheaper each piece: there is no timer, and an idle lane adds no delay. (Group commit, as in: DeWitt et al.,
/// "Implementation techniques for main memory database systems", 1984.)
/// </summary>
sealed class CommitLane<TDb> : IAsyncDisposable where TDb : DbContext
{
    const int ConflictsMax = 4;
    static readonly TimeSpan _firstPause = TimeSpan.FromMilliseconds(100);
    static readonly TimeSpan _longestPause = TimeSpan.FromSeconds(1);

    static readonly TimeSpan _disposalTimeLimit = TimeSpan.FromSeconds(3);

    readonly Channel<Work<TDb>> _waiting;
    readonly Lazy<BatchTransaction<TDb>> _transaction;
    readonly int _batchSizeMax;
    readonly CancellationTokenSource _stopping = new();
    readonly CancellationTokenRegistration _whenStopping;
    readonly Task _running;

    /// <param name="services">Asked for the bus only when work arrives: the bus is built with its lanes.</param>
    public CommitLane(string name, IServiceProvider services, int batchSizeMax, int waitingMax)
    {
        _transaction = new(() => ActivatorUtilities.CreateInstance<BatchTransaction<TDb>>(services, name));
        _batchSizeMax = batchSizeMax;
        _waiting = Channel.CreateBounded<Work<TDb>>(new BoundedChannelOptions(waitingMax) { SingleReader = true });
        // The bus stops once its messages are done, so none may go on waiting for a database that is away.
        _whenStopping = services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping.Register(_stopping.Cancel);
        // Not in the context of whoever happens to create the lane.
        using (ExecutionContext.SuppressFlow())
        {
            _running = Task.Run(Drain);
        }
    }

    /// <summary>How much is waiting for the next transaction.</summary>
    public int Waiting => _waiting.Reader.Count;

    /// <summary>False if the lane is full or closed.</summary>
    public bool TryAdd(Work<TDb> work) => _waiting.Writer.TryWrite(work);

    /// <summary>Finishes what waits, except what waits for a database that is away or does not answer.</summary>
    public async ValueTask DisposeAsync()
    {
        _waiting.Writer.TryComplete();
        await _whenStopping.DisposeAsync();
        await _stopping.CancelAsync();
        await Task.WhenAny(_running, Task.Delay(_disposalTimeLimit));
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
    async Task Process(List<Work<TDb>> batch)
    {
        var conflicts = 0;
        for (var pause = _firstPause; batch is not []; pause = Longer(pause))
        {
            var outcome = await Transact(batch);
            switch (outcome.End)
            {
                case BatchEnd.Committed:
                    return;
                // Another replica was first with the same key; now that it has committed, the work can see what it did.
                case BatchEnd.Refused when batch.Count == 1 && outcome.IsConflict && ++conflicts < ConflictsMax:
                    break;
                case BatchEnd.Refused when batch is [var culprit]:
                    culprit.Failed(outcome.Error!);
                    return;
                case BatchEnd.Refused:
                    foreach (var work in batch)
                    {
                        await Process([work]);
                    }

                    return;
                default:
                    batch = Remaining(batch, outcome);
                    await Pause(outcome.MayRetryAtOnce ? TimeSpan.Zero : pause);
                    break;
            }
        }
    }

    // Whatever goes wrong, the lane lives on and everybody hears of it.
    async Task<BatchOutcome> Transact(IReadOnlyList<Work<TDb>> batch)
    {
        try
        {
            return await _transaction.Value.Run(batch);
        }
        catch (Exception error)
        {
            return new(BatchEnd.Refused, error);
        }
    }

    List<Work<TDb>> Remaining(List<Work<TDb>> batch, BatchOutcome outcome)
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
                // Only a cancelled message goes back to its queue; with any other error it would become a dead letter.
                work.Failed(work.WaitsForDatabase
                    ? new OperationCanceledException("The process is stopping.", outcome.Error)
                    : outcome.Error!);
            }
        }

        return remaining;
    }

    async Task Pause(TimeSpan pause) =>
        await Task.Delay(pause, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    static TimeSpan Longer(TimeSpan pause) => pause * 2 < _longestPause ? pause * 2 : _longestPause;
}

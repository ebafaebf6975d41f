using System.Diagnostics;
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
sealed class CommitLane<TDb> : IAsyncDisposable, IWatchedLane where TDb : DbContext
{
    static readonly TimeSpan _disposalTimeLimit = TimeSpan.FromSeconds(3);

    // The wait is longer than another batch needs for its transaction. It is shorter after a batch met a lock that somebody holds for
    // longer, because the next batches may have work that needs the same lock.
    static readonly TimeSpan _lockPatience = TimeSpan.FromSeconds(1);
    static readonly TimeSpan _lockPatienceAfterHoldUp = TimeSpan.FromMilliseconds(150);
    static readonly TimeSpan _holdUpRemembered = TimeSpan.FromSeconds(10);

    readonly Channel<Work<TDb>> _waiting;
    readonly Lazy<BatchTransaction<TDb>> _transaction;
    readonly Lazy<SideTrack<TDb>> _side;
    readonly int _batchSizeMax;
    readonly int _waitingMax;
    readonly CancellationTokenSource _stopping = new();
    readonly CancellationTokenRegistration _whenStopping;
    readonly Task _running;
    long _heldUpAt;
    long _busySince;

    /// <param name="services">Asked for the bus only when work arrives: the bus is built with its lanes.</param>
    public CommitLane(string name, IServiceProvider services, int batchSizeMax, int waitingMax)
    {
        Name = name;
        _transaction = new(() => ActivatorUtilities.CreateInstance<BatchTransaction<TDb>>(services, name));
        _side = new(() => ActivatorUtilities.CreateInstance<SideTrack<TDb>>(services, name, _transaction.Value, _stopping.Token));
        _batchSizeMax = batchSizeMax;
        _waitingMax = waitingMax;
        _waiting = Channel.CreateBounded<Work<TDb>>(new BoundedChannelOptions(waitingMax) { SingleReader = true });
        services.GetRequiredService<LaneWatch>().Add(this);
        // The bus stops once its messages are done, so none may go on waiting for a database that is away.
        _whenStopping = services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping.Register(_stopping.Cancel);
        // The lane must not run in the context of its creator.
        using (ExecutionContext.SuppressFlow())
        {
            _running = Task.Run(Drain);
        }
    }

    public string Name { get; }

    /// <summary>How much is waiting for the next transaction.</summary>
    public int Waiting => _waiting.Reader.Count;

    public TimeSpan Stalled => Interlocked.Read(ref _busySince) is not 0 and var since ? Stopwatch.GetElapsedTime(since) : TimeSpan.Zero;

    /// <summary>False if the lane is full or closed.</summary>
    public bool TryAdd(Work<TDb> work) =>
        (!_side.IsValueCreated || _side.Value.Count < _waitingMax) && _waiting.Writer.TryWrite(work);

    /// <summary>Finishes what waits, except what waits for a database that is away or does not answer.</summary>
    public async ValueTask DisposeAsync()
    {
        _waiting.Writer.TryComplete();
        await _whenStopping.DisposeAsync();
        await _stopping.CancelAsync();
        await Task.WhenAny(_running, Task.Delay(_disposalTimeLimit, TimeProvider.System));
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
                    _side.Value.Add(work);
                }
                else
                {
                    batch.Add(work);
                }
            }

            if (batch is not [])
            {
                Interlocked.Exchange(ref _busySince, Stopwatch.GetTimestamp());
                await ProcessSafely(batch);
                Interlocked.Exchange(ref _busySince, 0);
                batch.Clear();
            }
        }

        if (_side.IsValueCreated)
        {
            await _side.Value.Idle();
            _side.Value.Dispose();
        }
    }

    // After any error the lane goes on, and all waiting work gets the error.
    async Task ProcessSafely(List<Work<TDb>> batch)
    {
        try
        {
            await Process(batch);
        }
        catch (Exception error)
        {
            batch.ForEach(work => work.GiveUp(error));
        }
    }

    /// <summary>
    /// One transaction for all. If it fails because of one of them, each runs alone, so that only that one fails or waits. If the database
    /// is away, messages wait for it here, unacknowledged, and callers get an error.
    /// </summary>
    async Task Process(List<Work<TDb>> batch)
    {
        for (var pause = Pauses.First; batch is not []; pause = Pauses.Longer(pause))
        {
            batch.RemoveAll(work => work.IsWithdrawn);
            var outcome = batch is [] ? default : await _transaction.Value.Run(batch, LockPatience);
            switch (outcome.End)
            {
                case BatchEnd.Committed:
                    return;
                case BatchEnd.Refused when batch is [var culprit] && !outcome.IsConflict:
                    culprit.Failed(outcome.Error!);
                    return;
                case BatchEnd.Refused:
                    foreach (var work in batch)
                    {
                        await _side.Value.RunNow(work);
                    }

                    return;
                case BatchEnd.HeldUp:
                    _heldUpAt = Stopwatch.GetTimestamp();
                    batch.ForEach(_side.Value.Add);
                    return;
                case BatchEnd.CallerGone:
                    break;
                default:
                    batch = [.. batch.Where(work => work.WaitsOut(outcome, _stopping.IsCancellationRequested))];
                    await Pauses.Wait(outcome.MayRetryAtOnce ? TimeSpan.Zero : pause, _stopping.Token);
                    break;
            }
        }
    }

    TimeSpan LockPatience =>
        _heldUpAt != 0 && Stopwatch.GetElapsedTime(_heldUpAt) < _holdUpRemembered ? _lockPatienceAfterHoldUp : _lockPatience;
}

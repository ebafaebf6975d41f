using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;

namespace Shop.Messaging;

/// <summary>
/// Runs work beside a lane that could not share a transaction, in a transaction of its own. Work that is held up, such as by a locked row,
/// waits here without delaying other work. A message goes back into the outbox for a while, so that any number of them takes up no room. A
/// caller waits a few seconds.
/// </summary>
sealed partial class SideTrack<TDb>(
    string endpoint, BatchTransaction<TDb> transaction, MessagingMetrics metrics, ILogger<SideTrack<TDb>> logger,
    CancellationToken stopping)
    : IDisposable
    where TDb : DbContext
{
    const int AtOnceMax = 4;
    const int ConflictsMax = 4;

    static readonly TimeSpan _lockPatience = TimeSpan.FromMilliseconds(250);

    // Shorter than a request may take.
    static readonly TimeSpan _callersPatience = TimeSpan.FromSeconds(7);

    readonly SemaphoreSlim _slots = new(AtOnceMax);
    readonly ConcurrentDictionary<Task, bool> _running = new();

    /// <summary>How much is here.</summary>
    public int Count => _running.Count;

    /// <summary>Takes work over to its end.</summary>
    public void Add(Work<TDb> work)
    {
        var running = Task.Run(() => RunSafely(work), CancellationToken.None);
        _running[running] = true;
        _ = running.ContinueWith(ended => _running.TryRemove(ended, out _), TaskScheduler.Default);
    }

    /// <summary>Runs work in its turn. Work that is held up continues in the background.</summary>
    public async Task RunNow(Work<TDb> work)
    {
        if (await Run(work) is not null)
        {
            Add(work);
        }
    }

    /// <summary>Returns when nothing is here any more.</summary>
    public async Task Idle()
    {
        while (!_running.IsEmpty)
        {
            await Task.WhenAll(_running.Keys);
        }
    }

    public void Dispose() => _slots.Dispose();

    async Task RunSafely(Work<TDb> work)
    {
        try
        {
            await RunToItsEnd(work);
        }
        catch (Exception error)
        {
            work.GiveUp(error);
        }
    }

    async Task RunToItsEnd(Work<TDb> work)
    {
        var since = Stopwatch.GetTimestamp();
        for (var pause = Pauses.First; ; pause = Pauses.Longer(pause))
        {
            await _slots.WaitAsync(CancellationToken.None);
            try
            {
                // Postponing is a transaction too. Without a slot, many of them would each hold a connection while commits wait.
                if (await Run(work) is not { } error || await IsPutOff(work, error, since))
                {
                    return;
                }
            }
            finally
            {
                _slots.Release();
            }

            await Pauses.Wait(pause, stopping);
        }
    }

    /// <returns>Null if the work has come to its end; else what holds it up.</returns>
    async Task<Exception?> Run(Work<TDb> work)
    {
        var conflicts = 0;
        for (var pause = Pauses.First; ; pause = Pauses.Longer(pause))
        {
            var outcome = work.IsWithdrawn ? default : await transaction.Run([work], _lockPatience);
            switch (outcome.End)
            {
                case BatchEnd.Committed:
                    return null;
                case BatchEnd.Refused or BatchEnd.HeldUp when outcome.IsConflict && ++conflicts < ConflictsMax:
                    break;
                case BatchEnd.Refused:
                    work.Failed(outcome.Error!);
                    return null;
                case BatchEnd.HeldUp:
                    return outcome.Error;
                case BatchEnd.CallerGone:
                    break;
                default:
                    if (!work.WaitsOut(outcome, stopping.IsCancellationRequested))
                    {
                        return null;
                    }

                    await Pauses.Wait(outcome.MayRetryAtOnce ? TimeSpan.Zero : pause, stopping);
                    break;
            }
        }
    }

    async Task<bool> IsPutOff(Work<TDb> work, Exception error, long since)
    {
        if (stopping.IsCancellationRequested)
        {
            work.GiveUp(error);
            return true;
        }

        if (work.ForLater() is not { } later)
        {
            if (Stopwatch.GetElapsedTime(since) < _callersPatience)
            {
                return false;
            }

            work.Failed(error);
            return true;
        }

        try
        {
            var outgoing = new Outgoing();
            outgoing.Add(later.Message);
            await transaction.Write(outgoing, _lockPatience);
        }
        catch (Exception)
        {
            // It goes on waiting here.
            return false;
        }

        metrics.PutOff(endpoint, later.Age);
        if (int.IsPow2(later.Attempts))
        {
            LogPutOff(endpoint, later.Message.MessageId, later.Attempts, error.GetBaseException().Message);
        }

        await work.PutOff();
        return true;
    }

    [LoggerMessage(LogLevel.Warning, "A message of {Endpoint}, {MessageId}, was postponed, attempt {Attempts}: {Reason}")]
    partial void LogPutOff(string endpoint, Guid messageId, int attempts, string reason);
}

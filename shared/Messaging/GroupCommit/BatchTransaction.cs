using System.Diagnostics;
using MassTransit;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;
using Shop.Hosting;

namespace Shop.Messaging;

/// <summary>
/// One scope, one DbContext, one transaction for a batch. It waits for the database twice: to claim the inbox and to load and lock the
/// rows, and, after the handlers have run one by one in memory, to save, to write the outbox and to commit. Then it tells everybody.
/// </summary>
sealed partial class BatchTransaction<TDb>(
    string endpoint,
    IServiceScopeFactory scopes,
    NpgsqlDataSource database,
    IBus bus,
    Relay<TDb> relay,
    MessagingMetrics metrics,
    ILogger<BatchTransaction<TDb>> logger)
    where TDb : DbContext
{
    int _failuresInARow;

    /// <param name="lockPatience">How long it may wait for a lock before all of it counts as held up.</param>
    public async Task<BatchOutcome> Run(IReadOnlyList<Work<TDb>> batch, TimeSpan lockPatience)
    {
        var (outgoing, tally) = (new Outgoing(), new Tally());
        var commit = new Commit(database, reason => LogCommitWaits(endpoint, reason));
        using var handover = relay.Fresh.Begin();
        using var span = BatchSpan.Start(endpoint, batch);
        try
        {
            var (duplicates, unexplained) = await commit.Watch(Attempt(batch, lockPatience, outgoing, tally, handover, commit));
            _failuresInARow = 0;
            metrics.Committed(endpoint, batch.Count, duplicates, unexplained);
        }
        catch (Exception error) when (!commit.IsAcknowledged)
        {
            span?.AddException(error).SetStatus(ActivityStatusCode.Error, error.Message);
            return Failed(batch, error);
        }
        catch (Exception error)
        {
            // Work that is committed must not be reported as a failure or run again.
            LogAfterCommit(endpoint, error);
        }

        Tell(batch, outgoing, handover);
        return default;
    }

    /// <summary>Writes what shall be sent in a transaction of its own.</summary>
    public async Task Write(Outgoing outgoing, TimeSpan lockPatience)
    {
        var commit = new Commit(database, reason => LogCommitWaits(endpoint, reason));
        using var handover = relay.Fresh.Begin();
        await commit.Watch(Attempt([], lockPatience, outgoing, new Tally(), handover, commit));
        relay.Take(handover);
    }

    /// <returns>How many of the batch were duplicates, and how many of these are unexplained.</returns>
    async Task<(int Duplicates, int Unexplained)> Attempt(
        IReadOnlyList<Work<TDb>> batch,
        TimeSpan lockPatience,
        Outgoing outgoing,
        Tally tally,
        FreshRows.Handover handover,
        Commit commit)
    {
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<TDb>();
        // Handlers change few of the many rows of a batch, so one search for changes at the end is enough.
        db.ChangeTracker.AutoDetectChangesEnabled = false;
        // A failed batch is rolled back as a whole, so savepoints would only cost two round trips.
        db.Database.AutoSavepointsEnabled = false;
        await using var transaction = await db.Database.BeginTransactionAsync();
        var rows = scope.ServiceProvider.GetRequiredService<Rows<TDb>>();
        var claimed = await Open(db, batch, rows, lockPatience, commit);
        var (fresh, unexplained) = await DropDuplicates(db, batch, claimed, tally);
        foreach (var work in fresh)
        {
            await work.Execute(new UnitOfWork<TDb>(db, rows, bus, outgoing, scope.ServiceProvider));
        }

        var closing = new RoundTrip(db);
        var changes = RowWriter.Write(db, rows, closing);
        relay.Outbox.Write(closing, endpoint, outgoing, tally, handover);
        if (!changes && outgoing.Messages is [] && tally.IsEmpty && !fresh.Any(work => work.Key is not null))
        {
            closing.Add(new(WriteSomething));
        }

        if (!batch.All(work => work.TryBeginCommit()))
        {
            throw new CallerGoneException();
        }

        closing.Add(new(Commit.Statement));
        await commit.Send((NpgsqlConnection)db.Database.GetDbConnection(), () => closing.Send(isUnlimited: true));
        return (batch.Count - fresh.Count, unexplained);
    }

    // A transaction without a write commits without waiting for disks. But its result, such as that a message is a duplicate, may depend on
    // a commit that was never acknowledged. With this, it waits until all earlier commits are on every disk.
    const string WriteSomething = "select pg_logical_emit_message(true, 'shop', '')";

    BatchOutcome Failed(IReadOnlyList<Work<TDb>> batch, Exception error)
    {
        var outcome = BatchOutcome.Of(error);
        foreach (var work in batch)
        {
            if (outcome.End == BatchEnd.Unknown)
            {
                work.MayHaveCommitted = true;
            }
            else
            {
                work.IsRolledBack();
            }
        }

        return outcome with { MayRetryAtOnce = outcome.End == BatchEnd.DatabaseAway && Interlocked.Increment(ref _failuresInARow) <= 2 };
    }

    /// <summary>Claims the inbox, and loads and locks the rows: one round trip.</summary>
    /// <returns>The ids of the messages that had no effect yet.</returns>
    async Task<HashSet<Guid>> Open(TDb db, IReadOnlyList<Work<TDb>> batch, Rows<TDb> rows, TimeSpan lockPatience, Commit commit)
    {
        var opening = new RoundTrip(db);
        opening.Add(TransactionLimits.Command(lockPatience), async reader =>
        {
            await reader.ReadAsync();
            commit.IsBy(reader.GetInt32(TransactionLimits.Backend));
        });
        var claimed = new HashSet<Guid>();
        // Of two messages with one id, the first counts.
        var messages = batch.Where(work => work.Key is not null).Select(work => (Key: work.Key!.Value, work.IsCopy))
            .DistinctBy(message => message.Key.MessageId).ToArray();
        if (messages is not [])
        {
            opening.Add(relay.Inbox.Claim(endpoint, messages), async reader =>
            {
                while (await reader.ReadAsync())
                {
                    claimed.Add(reader.GetGuid(0));
                }
            });
        }

        var needed = new NeededRows();
        foreach (var work in batch)
        {
            work.Need(needed);
        }

        await rows.Load(needed, opening);
        return claimed;
    }

    async Task<(IReadOnlyList<Work<TDb>> Fresh, int Unexplained)> DropDuplicates(
        TDb db, IReadOnlyList<Work<TDb>> batch, HashSet<Guid> claimed, Tally tally)
    {
        var fresh = new List<Work<TDb>>(batch.Count);
        var known = new List<Work<TDb>>();
        foreach (var work in batch)
        {
            // Removing makes the second of two equal messages in one batch a duplicate, too.
            (work.Key is not { } message || claimed.Remove(message.MessageId) ? fresh : known).Add(work);
        }

        foreach (var work in fresh.Where(work => work.Key is not null))
        {
            tally.Add(Tally.Handled, work.Account, work.Key!.Value.MessageId);
        }

        return (fresh, known is [] ? 0 : await Drop(db, known, tally));
    }

    /// <returns>How many of them nobody had said to be copies.</returns>
    async Task<int> Drop(TDb db, List<Work<TDb>> known, Tally tally)
    {
        var contents = new Dictionary<Guid, (Guid Content, bool IsCopy)>();
        var asking = new RoundTrip(db);
        asking.Add(relay.Inbox.Contents(endpoint, known.Select(work => work.Key!.Value.MessageId)), async reader =>
        {
            while (await reader.ReadAsync())
            {
                contents[reader.GetGuid(0)] = (reader.GetGuid(1), !reader.IsDBNull(2));
            }
        });
        await asking.Send();

        var unexplained = 0;
        foreach (var work in known)
        {
            var (messageId, content) = work.Key!.Value;
            // The previous release did not store the content.
            var first = contents.GetValueOrDefault(messageId, (Content: content, IsCopy: true));
            if (first.Content != content)
            {
                throw new ReusedMessageIdException(messageId, endpoint);
            }

            var isExplained = work.IsCopy || first.IsCopy;
            unexplained += isExplained ? 0 : 1;
            tally.Add(isExplained ? Tally.Duplicate : Tally.Unexplained, work.Account, messageId);
            await work.Duplicate();
        }

        return unexplained;
    }

    void Tell(IReadOnlyList<Work<TDb>> batch, Outgoing outgoing, FreshRows.Handover handover)
    {
        // This runs first, so that these log entries have an earlier time than their consequences.
        outgoing.Committed(error => LogAfterCommit(endpoint, error));
        if (outgoing.Messages is not [])
        {
            relay.Take(handover);
        }

        foreach (var work in batch)
        {
            work.Committed();
        }
    }

    [LoggerMessage(LogLevel.Warning, "A commit of {Endpoint} has no answer yet: it waits for {Reason}")]
    partial void LogCommitWaits(string endpoint, string reason);

    [LoggerMessage(LogLevel.Error, "An action after a commit of {Endpoint} failed. The commit is not affected")]
    partial void LogAfterCommit(string endpoint, Exception error);
}

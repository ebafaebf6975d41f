using System.Diagnostics;
using MassTransit;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;
using Shop.Hosting;

namespace Shop.Messaging;

/// <summary>
/// One scope, one DbContext, one transaction for a batch: claim the inbox, load and lock the rows, run the handlers one by one in memory,
/// save, write the outbox, commit; then tell everybody.
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
        using var span = BatchSpan.Start(endpoint, batch);
        try
        {
            var (duplicates, unexplained) = await commit.Watch(Attempt(batch, lockPatience, outgoing, tally, commit));
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

        Tell(batch, outgoing);
        return default;
    }

    /// <summary>Writes what shall be sent in a transaction of its own.</summary>
    public async Task Write(Outgoing outgoing, TimeSpan lockPatience)
    {
        var commit = new Commit(database, reason => LogCommitWaits(endpoint, reason));
        await commit.Watch(Attempt([], lockPatience, outgoing, new Tally(), commit));
        relay.Wake();
    }

    /// <returns>How many of the batch were duplicates, and how many of these are unexplained.</returns>
    async Task<(int Duplicates, int Unexplained)> Attempt(
        IReadOnlyList<Work<TDb>> batch, TimeSpan lockPatience, Outgoing outgoing, Tally tally, Commit commit)
    {
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<TDb>();
        // Handlers change few of the many rows of a batch, so one search for changes at the end is enough.
        db.ChangeTracker.AutoDetectChangesEnabled = false;
        // A failed batch is rolled back as a whole, so savepoints would only cost two round trips.
        db.Database.AutoSavepointsEnabled = false;
        await using var transaction = await db.Database.BeginTransactionAsync();
        var (fresh, unexplained) = await DropDuplicates(db, batch, tally, lockPatience, commit);
        var needed = new NeededRows();
        foreach (var work in fresh)
        {
            work.Need(needed);
        }

        var rows = scope.ServiceProvider.GetRequiredService<Rows<TDb>>();
        await rows.Load(needed);
        foreach (var work in fresh)
        {
            await work.Execute(new UnitOfWork<TDb>(db, rows, bus, outgoing, scope.ServiceProvider));
        }

        db.ChangeTracker.DetectChanges();
        var written = await db.SaveChangesAsync();
        await relay.Outbox.Write(db, endpoint, outgoing, tally, CancellationToken.None);
        if (written == 0 && outgoing.Messages is [] && tally.IsEmpty && !fresh.Any(work => work.Key is not null))
        {
            await WriteSomething(db);
        }

        if (!batch.All(work => work.TryBeginCommit()))
        {
            throw new CallerGoneException();
        }

        await commit.Send((NpgsqlConnection)db.Database.GetDbConnection());
        return (batch.Count - fresh.Count, unexplained);
    }

    // A transaction without a write commits without waiting for disks. But its result, such as that a message is a duplicate, may depend on
    // a commit that was never acknowledged. With this, it waits until all earlier commits are on every disk.
    static Task<int> WriteSomething(TDb db) => db.Database.ExecuteSqlAsync($"select pg_logical_emit_message(true, 'shop', '')");

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

    async Task<(IReadOnlyList<Work<TDb>> Fresh, int Unexplained)> DropDuplicates(
        TDb db, IReadOnlyList<Work<TDb>> batch, Tally tally, TimeSpan lockPatience, Commit commit)
    {
        // Of two messages with one id, the first counts.
        var messages = batch.Where(work => work.Key is not null).Select(work => (Key: work.Key!.Value, work.IsCopy))
            .DistinctBy(message => message.Key.MessageId).ToArray();
        var claimed = await Begin(db, messages, lockPatience, commit);
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

    // One round trip for both.
    async Task<HashSet<Guid>> Begin(TDb db, (InboxKey Key, bool IsCopy)[] messages, TimeSpan lockPatience, Commit commit)
    {
        await using var opening = Batch(db, TransactionLimits.Command(lockPatience));
        if (messages is not [])
        {
            opening.BatchCommands.Add(relay.Inbox.Claim(endpoint, messages));
        }

        var claimed = new HashSet<Guid>();
        await using var reader = await opening.ExecuteReaderAsync();
        await reader.ReadAsync();
        commit.IsBy(reader.GetInt32(TransactionLimits.Backend));
        await reader.NextResultAsync();
        while (await reader.ReadAsync())
        {
            claimed.Add(reader.GetGuid(0));
        }

        return claimed;
    }

    /// <returns>How many of them nobody had said to be copies.</returns>
    async Task<int> Drop(TDb db, List<Work<TDb>> known, Tally tally)
    {
        var contents = new Dictionary<Guid, (Guid Content, bool IsCopy)>();
        await using (var asking = Batch(db, relay.Inbox.Contents(endpoint, known.Select(work => work.Key!.Value.MessageId))))
        await using (var reader = await asking.ExecuteReaderAsync())
        {
            while (await reader.ReadAsync())
            {
                contents[reader.GetGuid(0)] = (reader.GetGuid(1), !reader.IsDBNull(2));
            }
        }

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

    static NpgsqlBatch Batch(TDb db, NpgsqlBatchCommand first) => new(
        (NpgsqlConnection)db.Database.GetDbConnection(), (NpgsqlTransaction)db.Database.CurrentTransaction!.GetDbTransaction())
    {
        BatchCommands = { first },
    };

    void Tell(IReadOnlyList<Work<TDb>> batch, Outgoing outgoing)
    {
        // This runs first, so that these log entries have an earlier time than their consequences.
        outgoing.Committed(error => LogAfterCommit(endpoint, error));
        if (outgoing.Messages is not [])
        {
            relay.Wake();
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

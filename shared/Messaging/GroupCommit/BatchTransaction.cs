using System.Diagnostics;
using MassTransit;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Shop.Messaging;

/// <summary>
/// One scope, one DbContext, one transaction for a batch: claim the inbox, preload, run the handlers one by one in memory,
/// save, write the outbox, commit; then tell everybody.
/// </summary>
sealed partial class BatchTransaction<TDb>(
    string endpoint,
    IServiceScopeFactory scopes,
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
        var outgoing = new Outgoing();
        var (committing, committed) = (false, false);
        using var span = BatchSpan.Start(endpoint, batch);
        try
        {
            await using var scope = scopes.CreateAsyncScope();
            var db = scope.ServiceProvider.GetRequiredService<TDb>();
            // Handlers change few of the many rows a batch tracks; looking for changes once, at the end, is enough.
            db.ChangeTracker.AutoDetectChangesEnabled = false;
            // A failed batch is rolled back whole: savepoints would be two round trips for nothing.
            db.Database.AutoSavepointsEnabled = false;
            await using var transaction = await db.Database.BeginTransactionAsync();
            var fresh = await DropDuplicates(db, batch, lockPatience);
            var requests = fresh.Select(work => work.Request).ToArray();
            foreach (var preload in scope.ServiceProvider.GetServices<IPreload<TDb>>())
            {
                await preload.Load(db, requests, CancellationToken.None);
            }

            foreach (var work in fresh)
            {
                await work.Execute(new UnitOfWork<TDb>(db, bus, outgoing, scope.ServiceProvider));
            }

            db.ChangeTracker.DetectChanges();
            await db.SaveChangesAsync();
            await relay.Outbox.Write(db, outgoing, CancellationToken.None);
            committing = true;
            await transaction.CommitAsync();
            committed = true;
            _failuresInARow = 0;
            metrics.Committed(endpoint, batch.Count, batch.Count - fresh.Count);
        }
        catch (Exception error) when (!committed)
        {
            span?.AddException(error).SetStatus(ActivityStatusCode.Error, error.Message);
            return Failed(error, committing);
        }
        catch (Exception error)
        {
            // What is true in the database must not be reported as a failure, nor run again.
            LogAfterCommit(endpoint, error);
        }

        Tell(batch, outgoing);
        return default;
    }

    /// <summary>Writes what shall be sent in a transaction of its own.</summary>
    public async Task Write(Outgoing outgoing)
    {
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<TDb>();
        await using var transaction = await db.Database.BeginTransactionAsync();
        await relay.Outbox.Write(db, outgoing, CancellationToken.None);
        await transaction.CommitAsync();
        relay.Wake();
    }

    BatchOutcome Failed(Exception error, bool committing)
    {
        var outcome = BatchOutcome.Of(error, committing);
        return outcome with { MayRetryAtOnce = outcome.End == BatchEnd.DatabaseAway && Interlocked.Increment(ref _failuresInARow) <= 2 };
    }

    async Task<IReadOnlyList<Work<TDb>>> DropDuplicates(TDb db, IReadOnlyList<Work<TDb>> batch, TimeSpan lockPatience)
    {
        // Of two under one id, the first.
        var messages = batch.Select(work => work.Key).OfType<InboxKey>().DistinctBy(message => message.MessageId).ToArray();
        var claimed = await Begin(db, messages, lockPatience);
        var fresh = new List<Work<TDb>>(batch.Count);
        var known = new List<Work<TDb>>();
        foreach (var work in batch)
        {
            // Removing makes the second of two equal messages in one batch a duplicate, too.
            (work.Key is not { } message || claimed.Remove(message.MessageId) ? fresh : known).Add(work);
        }

        if (known is not [])
        {
            await Drop(db, known);
        }

        return fresh;
    }

    // One round trip for both.
    async Task<HashSet<Guid>> Begin(TDb db, InboxKey[] messages, TimeSpan lockPatience)
    {
        await using var opening = Batch(db, TransactionLimits.Command(lockPatience));
        if (messages is not [])
        {
            opening.BatchCommands.Add(relay.Inbox.Claim(endpoint, messages));
        }

        var claimed = new HashSet<Guid>();
        await using var reader = await opening.ExecuteReaderAsync();
        await reader.NextResultAsync();
        while (await reader.ReadAsync())
        {
            claimed.Add(reader.GetGuid(0));
        }

        return claimed;
    }

    async Task Drop(TDb db, List<Work<TDb>> known)
    {
        var contents = new Dictionary<Guid, Guid>();
        await using (var asking = Batch(db, relay.Inbox.Contents(endpoint, known.Select(work => work.Key!.Value.MessageId))))
        await using (var reader = await asking.ExecuteReaderAsync())
        {
            while (await reader.ReadAsync())
            {
                contents[reader.GetGuid(0)] = reader.GetGuid(1);
            }
        }

        foreach (var work in known)
        {
            var (messageId, content) = work.Key!.Value;
            if (contents.GetValueOrDefault(messageId, content) != content)
            {
                throw new ReusedMessageIdException(messageId, endpoint);
            }

            await work.Duplicate();
        }
    }

    static NpgsqlBatch Batch(TDb db, NpgsqlBatchCommand first) => new(
        (NpgsqlConnection)db.Database.GetDbConnection(), (NpgsqlTransaction)db.Database.CurrentTransaction!.GetDbTransaction())
    {
        BatchCommands = { first },
    };

    void Tell(IReadOnlyList<Work<TDb>> batch, Outgoing outgoing)
    {
        // First, so that what is logged here has an earlier time than what it leads to.
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

    [LoggerMessage(LogLevel.Error, "After a commit of {Endpoint}, which holds, something else failed")]
    partial void LogAfterCommit(string endpoint, Exception error);
}

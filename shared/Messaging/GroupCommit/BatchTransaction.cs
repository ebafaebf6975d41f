using System.Diagnostics;
using MassTransit;
using Microsoft.EntityFrameworkCore;
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

    public async Task<BatchOutcome> Run(IReadOnlyList<Work<TDb>> batch)
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
            var fresh = await DropDuplicates(db, batch);
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

    BatchOutcome Failed(Exception error, bool committing)
    {
        if (committing && error is not PostgresException { InvariantSeverity: "ERROR" })
        {
            return new(BatchEnd.Unknown, error);
        }

        return TransientErrors.IsTransient(error)
            ? new(BatchEnd.DatabaseTrouble, error, MayRetryAtOnce: ++_failuresInARow <= 2)
            : new(BatchEnd.Refused, error);
    }

    async Task<IReadOnlyList<Work<TDb>>> DropDuplicates(TDb db, IReadOnlyList<Work<TDb>> batch)
    {
        // Of two under one id, the first.
        var messages = batch.Select(work => work.Key).OfType<InboxKey>().DistinctBy(message => message.MessageId).ToArray();
        if (messages is [])
        {
            return batch;
        }

        var claimed = await relay.Inbox.Claim(db, endpoint, messages, CancellationToken.None);
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

    async Task Drop(TDb db, List<Work<TDb>> known)
    {
        var contents = await relay.Inbox.Contents(db, endpoint, known.Select(work => work.Key!.Value.MessageId), CancellationToken.None);
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

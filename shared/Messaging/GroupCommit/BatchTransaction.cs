using MassTransit;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Shop.Messaging;

/// <summary>How a batch ended.</summary>
/// <param name="Error">Null if it committed.</param>
/// <param name="MayRetryAtOnce">
/// True if nothing can have been committed and a fresh connection may well succeed: the pool held one that a restart of the
/// database had broken, or two transactions got into each other's way.
/// </param>
readonly record struct BatchOutcome(Exception? Error, bool MayRetryAtOnce);

/// <summary>
/// One scope, one DbContext, one transaction for a batch: claim the inbox, preload, run the handlers one by one in memory,
/// save, write the outbox, commit; then tell everybody.
/// </summary>
sealed class BatchTransaction<TDb>(
    string endpoint, IServiceScopeFactory scopes, IBus bus, Relay<TDb> relay, MessagingMetrics metrics)
    where TDb : DbContext
{
    int _failuresInARow;

    public async Task<BatchOutcome> Run(IReadOnlyList<Work<TDb>> batch)
    {
        var committing = false;
        try
        {
            await using var scope = scopes.CreateAsyncScope();
            var db = scope.ServiceProvider.GetRequiredService<TDb>();
            // Handlers change few of the many rows a batch tracks; looking for changes once, at the end, is enough.
            db.ChangeTracker.AutoDetectChangesEnabled = false;
            await using var transaction = await db.Database.BeginTransactionAsync();
            var outgoing = new Outgoing();
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
            _failuresInARow = 0;
            metrics.Committed(endpoint, batch.Count, batch.Count - fresh.Count);
            Tell(batch, outgoing);
            return default;
        }
        catch (Exception error)
        {
            return new(error, MayRetryAtOnce: !committing && TransientErrors.IsTransient(error) && ++_failuresInARow <= 2);
        }
    }

    async Task<IReadOnlyList<Work<TDb>>> DropDuplicates(TDb db, IReadOnlyList<Work<TDb>> batch)
    {
        var messageIds = batch.Select(work => work.MessageId).OfType<Guid>().ToArray();
        if (messageIds is [])
        {
            return batch;
        }

        var claimed = await relay.Inbox.Claim(db, endpoint, messageIds, CancellationToken.None);
        var fresh = new List<Work<TDb>>(batch.Count);
        foreach (var work in batch)
        {
            // Removing makes the second of two equal messages in one batch a duplicate, too.
            if (work.MessageId is not { } messageId || claimed.Remove(messageId))
            {
                fresh.Add(work);
            }
            else
            {
                await work.Duplicate();
            }
        }

        return fresh;
    }

    void Tell(IReadOnlyList<Work<TDb>> batch, Outgoing outgoing)
    {
        if (outgoing.Messages is not [])
        {
            relay.Wake();
        }

        outgoing.Committed();
        foreach (var work in batch)
        {
            work.Committed();
        }
    }
}

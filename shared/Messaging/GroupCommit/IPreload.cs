using Microsoft.EntityFrameworkCore;

namespace Shop.Messaging;

/// <summary>
/// Loads and locks what a batch is going to touch, in one statement per table, before its handlers run. Rows must be
/// locked in the order of their key (<c>order by … for update</c>): two replicas that want the same rows then queue
/// instead of dead-locking.
/// </summary>
public interface IPreload<TDb> where TDb : DbContext
{
    /// <param name="db">The batch's context; rows loaded here are found by <c>FindAsync</c> without a query.</param>
    /// <param name="messages">Message bodies and request objects of everything in the batch.</param>
    Task Load(TDb db, IReadOnlyCollection<object> messages, CancellationToken cancellation);
}

using System.Collections.Concurrent;
using Microsoft.EntityFrameworkCore;
using Shop.Ordering.Data;

namespace Shop.Ordering.Orders;

/// <summary>
/// Wakes the watchers of an order when it has changed. One query serves all watchers of a replica and sees the changes of all replicas.
/// </summary>
sealed partial class OrderFeed(IServiceScopeFactory scopes, TimeProvider clock, ILogger<OrderFeed> logger) : BackgroundService
{
    static readonly TimeSpan _interval = TimeSpan.FromMilliseconds(200);

    readonly ConcurrentDictionary<Watcher, byte> _watchers = new();

    /// <summary>Waits until an order is newer than <paramref name="known"/>.</summary>
    /// <returns>Null if the service stops before.</returns>
    public async Task<Order?> Newer(Order known, CancellationToken cancellation)
    {
        var watcher = new Watcher(known.CorrelationId, known.Version);
        _watchers.TryAdd(watcher, 0);
        try
        {
            return await watcher.Changed.Task.WaitAsync(cancellation);
        }
        finally
        {
            _watchers.TryRemove(watcher, out _);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(_interval, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                if (!_watchers.IsEmpty)
                {
                    await Look(stoppingToken);
                }
            }
        }
        catch (OperationCanceledException)
        {
            foreach (var watcher in _watchers.Keys)
            {
                watcher.Changed.TrySetResult(null);
            }
        }
    }

    async Task Look(CancellationToken stopping)
    {
        try
        {
            using var scope = scopes.CreateScope();
            var db = scope.ServiceProvider.GetRequiredService<OrderingDbContext>();
            var watchers = _watchers.Keys.ToLookup(watcher => watcher.OrderId);
            var ids = watchers.Select(same => same.Key).ToArray();
            var versions = watchers.Select(same => same.Min(watcher => watcher.KnownVersion)).ToArray();
            var changed = await db.Orders
                .FromSql(
                    $"""
                    select orders.* from ordering.orders
                    join unnest({ids}, {versions}) as known (id, version) on orders.id = known.id
                    where orders.version > known.version
                    """)
                .AsNoTracking()
                .ToListAsync(stopping);
            foreach (var order in changed)
            {
                foreach (var watcher in watchers[order.CorrelationId])
                {
                    if (order.Version > watcher.KnownVersion)
                    {
                        watcher.Changed.TrySetResult(order);
                    }
                }
            }
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            LogFailed(error.Message);
        }
    }

    [LoggerMessage(LogLevel.Warning, "Watching orders failed and will be tried again: {Reason}")]
    partial void LogFailed(string reason);

    sealed class Watcher(Guid orderId, int knownVersion)
    {
        public Guid OrderId => orderId;
        public int KnownVersion => knownVersion;
        public TaskCompletionSource<Order?> Changed { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}

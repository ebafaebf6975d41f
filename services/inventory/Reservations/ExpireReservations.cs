using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Shop.Inventory.Data;
using Shop.Messaging;

namespace Shop.Inventory.Reservations;

/// <summary>
/// The second line of defence: stock of an order that nobody ever confirmed or released comes back by itself. Every replica
/// looks; the lock on the reservation decides who is first.
/// </summary>
sealed partial class ExpireReservations(
    IServiceScopeFactory scopes,
    GroupCommit<InventoryDbContext> commit,
    IOptions<ReservationOptions> options,
    TimeProvider clock,
    ILogger<ExpireReservations> logger) : BackgroundService
{
    const int StepRows = 200;

    /// <summary>An expiry on its way into a batch.</summary>
    public sealed record Expiry(Guid OrderId);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.Value.ExpiryInterval, clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                while (await ExpireSome(stoppingToken) == StepRows)
                {
                    stoppingToken.ThrowIfCancellationRequested();
                }
            }
            catch (Exception error) when (error is not OperationCanceledException)
            {
                LogFailed(error.Message);
            }
        }
    }

    async Task<int> ExpireSome(CancellationToken cancellation)
    {
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<InventoryDbContext>();
        var limit = options.Value.HoldTimeLimit;
        var orders = await db.Database
            .SqlQuery<Guid>(
                $"""
                select order_id as "Value" from inventory.reservations
                where state = 'Held' and held_at < now() - {limit}
                order by held_at limit {StepRows}
                """)
            .ToListAsync(cancellation);
        await Task.WhenAll(orders.Select(orderId => commit.Run(new Expiry(orderId), unit => Expire(unit, orderId))));
        return orders.Count;
    }

    async Task<bool> Expire(UnitOfWork<InventoryDbContext> unit, Guid orderId)
    {
        var expired = await unit.Db.Reservations.FindAsync(orderId) is { } reservation
            && reservation.Expire(unit.Db.ShelfFor(reservation.Lines));
        if (expired)
        {
            unit.AfterCommit(() => LogExpired(orderId, ReservationState.Expired));
        }

        return expired;
    }

    [LoggerMessage(LogLevel.Information, "Reservation of order {OrderId} became {State}: nobody came for it in time")]
    partial void LogExpired(Guid orderId, ReservationState state);

    [LoggerMessage(LogLevel.Warning, "Looking for expired holds failed and will be tried again: {Reason}")]
    partial void LogFailed(string reason);
}

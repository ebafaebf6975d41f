using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Shop.Inventory.Data;
using Shop.Messaging;

namespace Shop.Inventory.Reservations;

/// <summary>
/// A safeguard: stock of an order that was never confirmed or released comes back by itself. Every replica looks for such holds. The lock
/// on the reservation decides which replica is first.
/// </summary>
sealed partial class ExpireReservations(
    IServiceScopeFactory scopes,
    GroupCommit<InventoryDbContext> commit,
    IOptions<ReservationOptions> options,
    TimeProvider clock,
    ILogger<ExpireReservations> logger) : BackgroundService
{
    const int StepRows = 200;

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
        await Task.WhenAll(
            orders.Select(orderId => commit.Run(rows => rows.LockReservation(orderId), unit => Task.FromResult(Expire(unit, orderId)))));
        return orders.Count;
    }

    bool Expire(UnitOfWork<InventoryDbContext> unit, Guid orderId)
    {
        var expired = unit.Rows.Find<Reservation>(orderId) is { } reservation
            && reservation.Expire(unit.Rows.ProductsOf(reservation.Lines));
        if (expired)
        {
            unit.AfterCommit(() => LogExpired(orderId, ReservationState.Expired));
        }

        return expired;
    }

    [LoggerMessage(LogLevel.Information, "Reservation of order {OrderId} became {State}: the hold has expired")]
    partial void LogExpired(Guid orderId, ReservationState state);

    [LoggerMessage(LogLevel.Warning, "Looking for expired holds failed and will be tried again: {Reason}")]
    partial void LogFailed(string reason);
}

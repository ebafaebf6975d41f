using Microsoft.EntityFrameworkCore;

namespace Shop.Monolith;

/// <summary>
/// Pays the orders whose request ended in the middle, with the process or without an answer of the payment provider. To ask again is
/// safe, because the provider makes one charge for a key.
/// </summary>
sealed partial class OpenOrders(IServiceScopeFactory scopes, TimeProvider clock, ILogger<OpenOrders> logger) : BackgroundService
{
    const int AtOnceMax = 100;
    static readonly TimeSpan _interval = TimeSpan.FromSeconds(10);

    // Longer than a request can take.
    static readonly TimeSpan _openFor = TimeSpan.FromMinutes(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(_interval, clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await PayOpen(stoppingToken);
            }
            catch (Exception error) when (!stoppingToken.IsCancellationRequested)
            {
                LogFailed(error);
            }
        }
    }

    async Task PayOpen(CancellationToken cancellation)
    {
        await using var scope = scopes.CreateAsyncScope();
        var before = clock.GetUtcNow() - _openFor;
        var open = await scope.ServiceProvider.GetRequiredService<ShopDbContext>().Orders
            .Include(order => order.Payment)
            .Where(order => order.Status == Order.Placed && order.PlacedAt < before)
            .OrderBy(order => order.Id).Take(AtOnceMax).ToListAsync(cancellation);
        foreach (var order in open)
        {
            await scope.ServiceProvider.GetRequiredService<Checkout>().Pay(order);
        }
    }

    [LoggerMessage(LogLevel.Warning, "Open orders could not be paid and will be tried again")]
    partial void LogFailed(Exception error);
}

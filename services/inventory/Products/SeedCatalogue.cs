using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;
using Shop.Inventory.Data;
using Shop.Messaging;

namespace Shop.Inventory.Products;

/// <summary>Whether an empty shop starts with something to sell.</summary>
public sealed class CatalogueOptions
{
    public const string Section = "Catalogue";

    public bool SeedAtFirstStart { get; init; } = true;
}

/// <summary>
/// Fills an empty catalogue once, however many replicas start at the same time. The service is ready when there is a catalogue.
/// </summary>
sealed partial class SeedCatalogue(
    GroupCommit<InventoryDbContext> commit, IOptions<CatalogueOptions> options, TimeProvider clock, ILogger<SeedCatalogue> logger)
    : BackgroundService, IHealthCheck
{
    const int Ample = 1_000_000;
    const long SeedLock = 7_400_002;
    static readonly TimeSpan _retryPause = TimeSpan.FromSeconds(1);

    static readonly (string Sku, string Name, decimal Price, int Stock)[] _catalogue =
    [
        ("MUG-01", "Mug", 12.50m, Ample),
        ("TEE-01", "T-shirt", 19.90m, Ample),
        ("CAP-01", "Cap", 14.00m, Ample),
        ("PEN-01", "Pen", 2.50m, Ample),
        ("LAST-ONE", "The last one", 99.00m, 1),
        ("SOLD-OUT", "The one that got away", 49.00m, 0),
    ];

    volatile bool _done;

    public Task<HealthCheckResult> CheckHealthAsync(
        HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(_done ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy("The catalogue is not there yet."));

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (options.Value.SeedAtFirstStart && !stoppingToken.IsCancellationRequested)
        {
            try
            {
                await commit.Run(Seed);
                break;
            }
            catch (Exception error)
            {
                LogFailed(error.Message);
                await Task.Delay(_retryPause, clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }

        _done = true;
    }

    async Task<int> Seed(UnitOfWork<InventoryDbContext> unit)
    {
        // The second replica waits here until the first has committed, and then finds a full catalogue.
        await unit.Db.Database.ExecuteSqlAsync($"select pg_advisory_xact_lock({SeedLock})");
        if (await unit.Db.Products.AnyAsync())
        {
            return 0;
        }

        foreach (var (sku, name, price, stock) in _catalogue)
        {
            var product = new Product { Sku = sku };
            product.Receive(stock);
            unit.Rows.Add(product);
            await unit.Publish(product.Change(name, price));
        }

        unit.AfterCommit(() => LogSeeded(_catalogue.Length));
        return _catalogue.Length;
    }

    [LoggerMessage(LogLevel.Information, "Filled the empty catalogue with {Products} products")]
    partial void LogSeeded(int products);

    [LoggerMessage(LogLevel.Warning, "The catalogue could not be filled and will be tried again: {Reason}")]
    partial void LogFailed(string reason);
}

using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Shop.Ordering.Data;

namespace Shop.Ordering.Products;

/// <summary>The service is not ready until the first products have been copied, because it would refuse every order before that.</summary>
sealed class CatalogueHealthCheck(OrderingDbContext db) : IHealthCheck
{
    static volatile bool _seen;

    public async Task<HealthCheckResult> CheckHealthAsync(
        HealthCheckContext context, CancellationToken cancellationToken = default) =>
        (_seen = _seen || await db.Products.AnyAsync(cancellationToken))
            ? HealthCheckResult.Healthy()
            : HealthCheckResult.Unhealthy("No product has arrived from Inventory yet.");
}

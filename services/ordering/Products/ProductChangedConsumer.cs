using MassTransit;
using Shop.Contracts.Inventory;
using Shop.Messaging;
using Shop.Ordering.Data;

namespace Shop.Ordering.Products;

/// <summary>Keeps the copy of the catalogue. Changes may arrive twice and in any order; the version decides.</summary>
sealed partial class ProductChangedConsumer(OrderingDbContext db, ILogger<ProductChangedConsumer> logger)
    : IConsumer<ProductChanged>
{
    public async Task Consume(ConsumeContext<ProductChanged> context)
    {
        var (sku, name, price, version) = context.Message;
        if (price <= 0)
        {
            throw new InvalidMessageException(typeof(ProductChanged), $"the price of {sku} must be above zero.");
        }

        var product = await db.Products.FindAsync([sku], context.CancellationToken);
        if (product is null)
        {
            product = new() { Sku = sku };
            db.Add(product);
        }

        if (product.Apply(name, price, version))
        {
            context.AfterCommit(() => LogCopied(sku, version));
        }
    }

    [LoggerMessage(LogLevel.Information, "Copied product {Sku} version {Version}")]
    partial void LogCopied(string sku, long version);
}

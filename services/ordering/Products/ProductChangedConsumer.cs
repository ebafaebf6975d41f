using MassTransit;
using Shop.Contracts.Inventory;
using Shop.Messaging;
using Shop.Ordering.Data;

namespace Shop.Ordering.Products;

/// <summary>Keeps the copy of the catalogue. Changes may arrive twice and in any order; the version decides.</summary>
sealed partial class ProductChangedConsumer(Rows<OrderingDbContext> rows, ILogger<ProductChangedConsumer> logger)
    : IConsumer<ProductChanged>, INeedRows<ProductChanged>
{
    public static void Need(ProductChanged message, NeededRows rows) => rows.Lock<Product>(message.Sku);

    public Task Consume(ConsumeContext<ProductChanged> context)
    {
        var (sku, name, price, version) = context.Message;
        if (price <= 0)
        {
            throw new InvalidMessageException(typeof(ProductChanged), $"the price of {sku} must be above zero.");
        }

        var product = rows.Find<Product>(sku);
        if (product is null)
        {
            product = new() { Sku = sku };
            rows.Add(product);
        }

        if (product.Apply(name, price, version))
        {
            context.AfterCommit(() => LogCopied(sku, version));
        }

        return Task.CompletedTask;
    }

    [LoggerMessage(LogLevel.Information, "Copied product {Sku} version {Version}")]
    partial void LogCopied(string sku, long version);
}

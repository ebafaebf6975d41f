using Microsoft.EntityFrameworkCore;

namespace Shop.Monolith;

/// <summary>
/// An order from its request to its end: a transaction that takes the stock and stores what is to be paid, the call of the payment
/// provider outside of any, and a transaction that stores what came of it.
/// </summary>
sealed partial class Checkout(ShopDbContext db, PaymentProvider provider, TimeProvider clock, ILogger<Checkout> logger)
{
    /// <returns>The order, or the products of which there is too little, or none at all.</returns>
    public async Task<(Order? Order, IReadOnlyList<string> Missing)> Place(
        string customer, string? key, IReadOnlyDictionary<string, int> quantities, string token)
    {
        // Before the wait for locks: it is part of the time that an order takes.
        var now = clock.GetUtcNow();
        await using var transaction = await db.Database.BeginTransactionAsync();
        var skus = quantities.Keys.ToArray();
        // Locked in the order of the key, so that two orders of the same products wait for each other and never in a circle.
        var products = await db.Products
            .FromSql($"select * from products where sku = any ({skus}) order by sku for update").ToDictionaryAsync(product => product.Sku);
        string[] missing = [.. skus.Where(sku => !(products.GetValueOrDefault(sku)?.Available >= quantities[sku]))];
        if (missing is not [])
        {
            return (null, missing);
        }

        List<OrderLine> lines =
        [
            .. skus.Select(sku => new OrderLine { Sku = sku, Quantity = quantities[sku], UnitPrice = products[sku].Price }),
        ];
        lines.ForEach(line => products[line.Sku].Hold(line.Quantity));
        var order = Order.Place(customer, key, lines, token, now);
        db.Orders.Add(order);
        await db.SaveChangesAsync();
        await transaction.CommitAsync();
        LogBecame(order.Id, order.Status);
        return (order, []);
    }

    /// <summary>
    /// Pays an order that holds its stock. If nobody knows what came of it, the order stays as it is, for <see cref="OpenOrders"/>.
    /// </summary>
    public async Task Pay(Order order)
    {
        if (await provider.Charge(order.Payment) is not { } charge)
        {
            LogUnknown(order.Id);
            return;
        }

        await using var transaction = await db.Database.BeginTransactionAsync();
        foreach (var line in order.Lines.OrderBy(line => line.Sku, StringComparer.Ordinal))
        {
            // In SQL: the row has changed since it was read.
            await db.Products.Where(product => product.Sku == line.Sku).ExecuteUpdateAsync(set =>
            {
                set.SetProperty(product => product.Held, product => product.Held - line.Quantity);
                _ = charge.IsPaid
                    ? set.SetProperty(product => product.Sold, product => product.Sold + line.Quantity)
                    : set.SetProperty(product => product.Available, product => product.Available + line.Quantity);
            });
        }

        order.End(charge, clock.GetUtcNow());
        await db.SaveChangesAsync();
        await transaction.CommitAsync();
        LogBecame(order.Id, order.Status);
    }

    [LoggerMessage(LogLevel.Information, "Order {OrderId} became {Status}")]
    partial void LogBecame(Guid orderId, string status);

    [LoggerMessage(LogLevel.Warning, "Whether order {OrderId} is paid is unknown; it will be tried again")]
    partial void LogUnknown(Guid orderId);
}

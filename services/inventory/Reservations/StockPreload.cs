using Microsoft.EntityFrameworkCore;
using Shop.Contracts.Inventory;
using Shop.Contracts.Ordering;
using Shop.Inventory.Data;
using Shop.Inventory.Products;
using Shop.Messaging;

namespace Shop.Inventory.Reservations;

/// <summary>
/// Locks what a batch touches in the one order that everybody keeps: first all reservations by order id, then all products
/// by SKU. That is why overlapping orders never dead-lock, however many products they share.
/// </summary>
sealed class StockPreload : IPreload<InventoryDbContext>
{
    public async Task Load(
        InventoryDbContext db, IReadOnlyCollection<object> messages, CancellationToken cancellation)
    {
        var lines = messages.OfType<ReserveStock>().SelectMany(message => message.Lines);
        if (Distinct(messages.Select(OrderIdOf).OfType<Guid>()) is { Length: > 0 } orders)
        {
            var reservations = await db.Reservations
                .FromSql($"select * from inventory.reservations where order_id = any ({orders}) order by order_id for update")
                .ToListAsync(cancellation);
            lines = lines.Concat(reservations.SelectMany(reservation => reservation.Lines));
        }

        var skus = lines.Select(line => line.Sku).Concat(messages.Select(SkuOf).OfType<string>());
        if (Distinct(skus) is { Length: > 0 } products)
        {
            await db.Products
                .FromSql($"select * from inventory.products where sku = any ({products}) order by sku for update")
                .LoadAsync(cancellation);
        }
    }

    static Guid? OrderIdOf(object message) => message switch
    {
        ReserveStock reserve => reserve.OrderId,
        ReleaseStock release => release.OrderId,
        OrderConfirmed confirmed => confirmed.OrderId,
        ExpireReservations.Expiry expiry => expiry.OrderId,
        _ => null,
    };

    static string? SkuOf(object message) => message switch
    {
        PutProduct.Change change => change.Sku,
        RestockProduct.Delivery delivery => delivery.Sku,
        _ => null,
    };

    static T[] Distinct<T>(IEnumerable<T> values) => [.. values.Distinct()];
}

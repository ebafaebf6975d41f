using Shop.Contracts.Inventory;
using Shop.Inventory.Data;
using Shop.Inventory.Products;
using Shop.Messaging;

namespace Shop.Inventory.Reservations;

/// <summary>The products that some lines are about.</summary>
static class ReservationRows
{
    /// <returns>Products by SKU; one that does not exist is missing.</returns>
    public static IReadOnlyDictionary<string, Product> ProductsOf(
        this Rows<InventoryDbContext> rows, IReadOnlyList<StockLine> lines)
    {
        var products = new Dictionary<string, Product>(lines.Count);
        foreach (var line in lines)
        {
            if (rows.Find<Product>(line.Sku) is { } product)
            {
                products[line.Sku] = product;
            }
        }

        return products;
    }

    /// <summary>Locks an order's reservation, if it has one, and the products it is about.</summary>
    public static void LockReservation(this NeededRows rows, Guid orderId) =>
        rows.Lock<Reservation>(orderId, reservation => rows.LockProducts(reservation.Lines));

    /// <summary>Locks the products that lines are about.</summary>
    public static void LockProducts(this NeededRows rows, IReadOnlyList<StockLine> lines) =>
        rows.LockAll<Product>(lines.Select(line => line.Sku));
}

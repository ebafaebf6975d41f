using Shop.Contracts.Inventory;
using Shop.Inventory.Data;
using Shop.Inventory.Products;

namespace Shop.Inventory.Reservations;

/// <summary>The products that some lines are about, as the batch has locked them.</summary>
static class Shelf
{
    /// <returns>Products by SKU; one that does not exist is missing.</returns>
    public static IReadOnlyDictionary<string, Product> ShelfFor(
        this InventoryDbContext db, IReadOnlyList<StockLine> lines)
    {
        var shelf = new Dictionary<string, Product>(lines.Count);
        foreach (var line in lines)
        {
            // What StockPreload has not found does not exist.
            if (db.Products.Local.FindEntry(line.Sku)?.Entity is { } product)
            {
                shelf[line.Sku] = product;
            }
        }

        return shelf;
    }
}

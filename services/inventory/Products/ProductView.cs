using Shop.Hosting;

namespace Shop.Inventory.Products;

/// <summary>A product as everybody sees it.</summary>
sealed record ProductView(string Sku, string Name, Money Price, long Available)
{
    public static ProductView Of(Product product) =>
        new(product.Sku, product.Name, Money.Euro(product.Price), product.Available);
}

namespace Shop.Ordering.Products;

/// <summary>
/// Ordering's own copy of a product (event-carried state), so that placing an order needs no other service for the price.
/// </summary>
sealed class Product
{
    public string Sku { get; init; } = "";
    public string Name { get; private set; } = "";

    /// <summary>In EUR.</summary>
    public decimal Price { get; private set; }

    /// <summary>The highest version of the product seen so far.</summary>
    public long Version { get; private set; }

    /// <summary>Takes over a change, unless a newer one has overtaken it.</summary>
    /// <returns>False if the change is old.</returns>
    public bool Apply(string name, decimal price, long version)
    {
        if (version <= Version)
        {
            return false;
        }

        (Name, Price, Version) = (name, price, version);
        return true;
    }
}

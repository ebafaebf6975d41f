using Shop.Contracts.Inventory;

namespace Shop.Inventory.Products;

/// <summary>
/// A product and its stock. Whatever happens, <c>Received = Available + Held + Sold</c>, and none of them is negative.
/// </summary>
sealed class Product
{
    public string Sku { get; init; } = "";
    public string Name { get; private set; } = "";

    /// <summary>In EUR.</summary>
    public decimal Price { get; private set; }

    /// <summary>Grows by one with each change of name or price.</summary>
    public long Version { get; private set; }

    /// <summary>Everything that ever came in.</summary>
    public long Received { get; private set; }

    /// <summary>Can be reserved.</summary>
    public long Available { get; private set; }

    /// <summary>Reserved for orders that are not paid yet.</summary>
    public long Held { get; private set; }

    /// <summary>Went out with confirmed orders.</summary>
    public long Sold { get; private set; }

    /// <summary>Sets a new name and price.</summary>
    /// <returns>The event for services with a copy of the product.</returns>
    public ProductChanged Change(string name, decimal price)
    {
        (Name, Price, Version) = (name, price, Version + 1);
        return new(Sku, Name, Price, Version);
    }

    public void Receive(int quantity)
    {
        Received += quantity;
        Available += quantity;
    }

    public void Hold(int quantity) => (Available, Held) = (Available - quantity, Held + quantity);

    public void GiveBackHeld(int quantity) => (Available, Held) = (Available + quantity, Held - quantity);

    public void SellHeld(int quantity) => (Held, Sold) = (Held - quantity, Sold + quantity);

    public void SellAvailable(int quantity) => (Available, Sold) = (Available - quantity, Sold + quantity);

    public void TakeBackSold(int quantity) => (Available, Sold) = (Available + quantity, Sold - quantity);
}

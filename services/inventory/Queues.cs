namespace Shop.Inventory;

/// <summary>The queue inventory receives from. One for all, because all its messages are about the same rows.</summary>
static class Queues
{
    public const string Stock = "inventory-stock";
}

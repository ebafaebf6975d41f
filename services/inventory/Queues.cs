namespace Shop.Inventory;

/// <summary>The queue inventory receives from. There is one for all messages, because they are about the same rows.</summary>
static class Queues
{
    public const string Stock = "inventory-stock";
}

namespace Shop.Ordering;

/// <summary>The queues ordering receives from.</summary>
static class Queues
{
    public const string Orders = "ordering-orders";
    public const string Products = "ordering-products";
}

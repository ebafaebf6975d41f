using Shop.Hosting;

namespace Shop.Ordering.Orders;

/// <summary>An order as its customer sees it.</summary>
sealed record OrderView(
    Guid OrderId,
    string Status,
    string? Reason,
    IReadOnlyList<OrderView.Item> Items,
    Money Total,
    DateTimeOffset PlacedAt,
    int Version)
{
    public sealed record Item(string Sku, int Quantity, Money UnitPrice);

    public static OrderView Of(Order order) => new(
        order.CorrelationId,
        order.Status,
        order.Reason,
        [.. order.Lines.Select(line => new Item(line.Sku, line.Quantity, Money.Euro(line.UnitPrice)))],
        Money.Euro(order.Total),
        order.PlacedAt,
        order.Version);
}

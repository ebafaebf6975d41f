namespace Shop.Ordering.Orders;

/// <summary>One thing that happened to an order.</summary>
public sealed record TimelineStep(
    int Version, DateTimeOffset At, string Service, string What, string Status, string? TraceId);

/// <summary>Who did a step of the timeline.</summary>
static class Services
{
    public const string Ordering = "ordering";
    public const string Inventory = "inventory";
    public const string Payment = "payment";
    public const string Customer = "customer";
}

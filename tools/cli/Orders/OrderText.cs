using Shop.Launcher.Client;

namespace Shop.Cli.Orders;

/// <summary>What happens to an order, in the shop's own times: how long after it was placed.</summary>
static class OrderText
{
    public static string Step(PlacedOrder order, StatusChange change) =>
        $"  {Milliseconds(order, change),6} ms  {change.Status,-13}  {change.What}";

    public static string End(PlacedOrder order, StatusChange last) =>
        $"{last.Status}{(last.Reason is null ? "" : $" ({last.Reason})")} after {Milliseconds(order, last)} ms";

    static long Milliseconds(PlacedOrder order, StatusChange change) => (long)Math.Round((change.At - order.PlacedAt).TotalMilliseconds);
}

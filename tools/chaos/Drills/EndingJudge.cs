using Shop.Chaos.Auditing;

namespace Shop.Chaos.Drills;

/// <summary>Endings without a reason are failures.</summary>
static class EndingJudge
{
    static readonly string[] _scarce = [Stock.Scarce, "LAST-ONE", "SOLD-OUT"];

    /// <param name="windows">What went wrong in the run.</param>
    /// <returns>Orders whose end neither the order itself nor a fault explains, as sentences.</returns>
    public static IEnumerable<string> Unexplained(
        Customers customers, IReadOnlyDictionary<Guid, OrderEnd> ends, IReadOnlyList<FaultWindow> windows) =>
        from accepted in customers.Accepted
        let order = accepted.Value
        let end = ends.GetValueOrDefault(accepted.Key)
        where end is { Reason: not null }
            && !Endings.HasItsReason(end.Reason, order.Payment, _scarce.Contains(order.Sku), order.CancelAfter is not null)
        let answered = customers.AnsweredAt.GetValueOrDefault(accepted.Key, order.At)
        let ended = end.Took is { } took ? answered + took : TimeSpan.MaxValue
        where !windows.Any(window => window.Explains(end.Reason!, order.At, ended))
        select FormattableString.Invariant(
            $"order {accepted.Key} ({order.Sku}, {order.Payment}), due at {order.At.TotalSeconds:0.0} s, ended {end.Reason}, and no fault explains it");
}

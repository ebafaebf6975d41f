namespace Shop.Chaos.Drills;

/// <summary>
/// Messages that faults have sent once more, and messages that services dropped as duplicates although no broker or relay reported a second
/// delivery.
/// </summary>
public sealed record Copies(int Made, long Dropped);

/// <summary>A time in which a fault, or what it left behind, could be felt, and the ends of orders that it explains.</summary>
/// <param name="From">From the start of the load.</param>
/// <param name="MayCause">Reasons of cancellations.</param>
public sealed record FaultWindow(TimeSpan From, TimeSpan Until, IReadOnlyList<string> MayCause)
{
    /// <summary>Whether it was felt while an order was under way.</summary>
    /// <param name="placed">When the order was due, at the earliest.</param>
    /// <param name="ended">At the latest.</param>
    public bool Explains(string reason, TimeSpan placed, TimeSpan ended) => MayCause.Contains(reason) && placed <= Until && ended >= From;
}

namespace Shop.Chaos.Drills;

/// <summary>When a fault happens and for how long.</summary>
/// <param name="At">The earliest time, from the start of the load. A fault waits for the end of the one before.</param>
public sealed record PlannedFault(TimeSpan At, TimeSpan Lasting, Fault Fault)
{
    /// <summary>The shortest time from the recovery from the fault before.</summary>
    public TimeSpan Pause { get; init; }

    // Faults come in the first part of the load, so that there are orders that begin after the last.
    const double UntilShare = 0.75;

    /// <summary>One fault after the other, with pauses, until most of the load is over; at least one.</summary>
    /// <param name="lasting">Shortest and longest, in seconds.</param>
    public static IReadOnlyList<PlannedFault> Repeat(
        Random random, TimeSpan load, (double Least, double Most) lasting, Func<Random, Fault> fault)
    {
        var faults = new List<PlannedFault>();
        var at = TimeSpan.FromSeconds(1 + (2 * random.NextDouble()));
        do
        {
            var time = TimeSpan.FromSeconds(lasting.Least + ((lasting.Most - lasting.Least) * random.NextDouble()));
            faults.Add(new(at, time, fault(random)));
            at += time + TimeSpan.FromSeconds(5 + (5 * random.NextDouble()));
        }
        while (at < load * UntilShare);

        return faults;
    }
}

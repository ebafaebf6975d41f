namespace Shop.Cli.Drills;

/// <summary>Something that goes wrong on purpose.</summary>
/// <param name="Title">For the report, such as <c>kill -9 of payment-1</c>.</param>
abstract record Fault(string Title)
{
    /// <summary>The processes it ends: those that are not named must be the same ones afterwards.</summary>
    public virtual IReadOnlyList<string> Victims => [];

    /// <summary>Lets it happen.</summary>
    /// <returns>Ends it, and returns what it has done to the system.</returns>
    /// <exception cref="FaultMissed">It could not be made to happen.</exception>
    public abstract Task<EndFault> Begin(DrillSystem system, CancellationToken cancellation);
}

/// <summary>Ends a fault.</summary>
/// <returns>What shows that it did something, such as how many connections were cut.</returns>
/// <exception cref="FaultMissed">It did nothing: whatever the drill has found means nothing.</exception>
delegate Task<string> EndFault(CancellationToken cancellation);

/// <summary>A fault that did not bite. The drill fails.</summary>
sealed class FaultMissed(string message) : Exception(message);

/// <summary>When a fault happens and for how long.</summary>
/// <param name="At">From the start of the load, at the earliest: one fault waits for the end of the one before.</param>
sealed record Strike(TimeSpan At, TimeSpan Lasting, Fault Fault)
{
    // Faults come in the first part of the load, so that there are orders that begin after the last.
    const double UntilShare = 0.75;

    /// <summary>One fault after the other, with pauses, until most of the load is over; at least one.</summary>
    /// <param name="lasting">Shortest and longest, in seconds.</param>
    public static IReadOnlyList<Strike> Repeat(
        Random random, TimeSpan load, (double Least, double Most) lasting, Func<Random, Fault> fault)
    {
        var strikes = new List<Strike>();
        var at = TimeSpan.FromSeconds(1 + (2 * random.NextDouble()));
        do
        {
            var time = TimeSpan.FromSeconds(lasting.Least + ((lasting.Most - lasting.Least) * random.NextDouble()));
            strikes.Add(new(at, time, fault(random)));
            at += time + TimeSpan.FromSeconds(5 + (5 * random.NextDouble()));
        }
        while (at < load * UntilShare);

        return strikes;
    }
}

namespace Shop.Chaos.Drills;

/// <summary>Something that goes wrong on purpose.</summary>
/// <param name="Title">For the report, such as <c>kill -9 of payment-1</c>.</param>
public abstract record Fault(string Title)
{
    /// <summary>The processes it ends. All other processes must be the same ones afterwards.</summary>
    public virtual IReadOnlyList<string> Victims => [];

    /// <summary>
    /// Reasons for which orders may be cancelled because of it, while it lasts and until the shop has recovered. The list is empty unless a
    /// fault overrides it.
    /// </summary>
    public virtual IReadOnlyList<string> MayCause => [];

    /// <summary>How long after its beginning it may be felt. Null for as long as it lasts and the recovery takes.</summary>
    public virtual TimeSpan? FeltFor => null;

    /// <summary>The longest time from its end until a new order is confirmed; null for what its drill says.</summary>
    public virtual TimeSpan? RecoverWithin => null;

    /// <summary>True if its end is the recovery itself, such as the start of a process. False if recovery only begins there.</summary>
    public virtual bool EndsByRecovery => true;

    /// <summary>Begins the fault.</summary>
    /// <returns>Ends it, and returns what it has done to the system.</returns>
    /// <exception cref="FaultMissed">It could not be made to happen.</exception>
    public abstract Task<EndFault> Begin(DrillSystem system, CancellationToken cancellation);
}

/// <summary>A fault of a system of processes.</summary>
public abstract record ProcessFault(string Title) : Fault(Title)
{
    public sealed override Task<EndFault> Begin(DrillSystem system, CancellationToken cancellation) =>
        Begin((ProcessSystem)system, cancellation);

    /// <inheritdoc cref="Fault.Begin"/>
    public abstract Task<EndFault> Begin(ProcessSystem system, CancellationToken cancellation);
}

/// <summary>Ends a fault.</summary>
/// <returns>What shows that it did something, such as how many connections were cut.</returns>
/// <exception cref="FaultMissed">It did nothing, so the result of the drill means nothing.</exception>
public delegate Task<string> EndFault(CancellationToken cancellation);

/// <summary>A fault without an effect. The drill fails.</summary>
sealed class FaultMissed(string message) : Exception(message);

using Shop.Chaos.Drills.Stages;

namespace Shop.Chaos.Drills;

/// <summary>A way in which things go wrong, under load.</summary>
/// <param name="Name">As it is asked for.</param>
/// <param name="Title">What happens, as a sentence.</param>
/// <param name="Plan">The faults and their times, for a load of this length. The same seed gives the same plan.</param>
public sealed record Drill(string Name, string Title, Func<Random, TimeSpan, IReadOnlyList<PlannedFault>> Plan)
{
    /// <summary>How many processes of each service run.</summary>
    public int Replicas { get; init; } = 1;

    /// <summary>The load lasts at least this long, so that the faults fit in. Orders come slower then.</summary>
    public TimeSpan LoadAtLeast { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The longest time from the end of a fault until a new order is confirmed.</summary>
    public TimeSpan RecoverWithin { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>What the drill needs beyond a plain system.</summary>
    public Stage Stage { get; init; } = Stage.Plain;

    /// <summary>True if new orders are confirmed while a fault lasts, too.</summary>
    public bool GoesOn { get; init; }

    /// <summary>True if no customer may notice: every request is answered the first time.</summary>
    public bool IsSeamless { get; init; }
}

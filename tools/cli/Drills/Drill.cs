namespace Shop.Cli.Drills;

/// <summary>A way in which things go wrong, under load.</summary>
/// <param name="Name">As it is asked for.</param>
/// <param name="Title">What happens, as a sentence.</param>
/// <param name="Plan">The faults and their times, for a load of this length. The same seed gives the same plan.</param>
sealed record Drill(string Name, string Title, Func<Random, TimeSpan, IReadOnlyList<Strike>> Plan)
{
    /// <summary>How many processes of each service run.</summary>
    public int Replicas { get; init; } = 1;

    /// <summary>Orders come slower, if that is what it takes for the faults to fit in.</summary>
    public TimeSpan LoadAtLeast { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The longest time from the end of a fault until a new order is confirmed.</summary>
    public TimeSpan RecoverWithin { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>True if every process has a clock of its own.</summary>
    public bool NeedsClocks { get; init; }

    /// <summary>True if the database server gets a small disk of its own.</summary>
    public bool NeedsSmallDisk { get; init; }

    /// <summary>True if no customer may notice: every request is answered the first time.</summary>
    public bool IsSeamless { get; init; }

    /// <summary>What this machine lacks for it; null for nothing.</summary>
    public string? Missing =>
        NeedsClocks && Clocks.Library is null ? "wrong clocks need libfaketime: apt-get install libfaketime"
        : NeedsSmallDisk && !SmallDisk.IsPossible() ? "a small disk needs the right to mount one (root, outside of most containers)"
        : null;
}

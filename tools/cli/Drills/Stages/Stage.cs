namespace Shop.Cli.Drills.Stages;

/// <summary>What a drill needs that a plain system does not have. This one needs nothing.</summary>
class Stage
{
    public static Stage Plain { get; } = new();

    /// <summary>What this machine lacks for it; null for nothing.</summary>
    public virtual string? Missing => null;

    /// <summary>Called before the system starts, with no data and no process there.</summary>
    public virtual Task Set(DrillSystem system, CancellationToken cancellation) => Task.CompletedTask;
}

/// <summary>One process has a clock that can be wrong.</summary>
sealed class OwnClock(string process) : Stage
{
    public override string? Missing => Clocks.Library is null ? "wrong clocks need libfaketime: apt-get install libfaketime" : null;

    public override Task Set(DrillSystem system, CancellationToken cancellation)
    {
        system.World.Clocks.Give(process);
        return Task.CompletedTask;
    }
}

/// <summary>The database server has a small disk of its own.</summary>
sealed class OnSmallDisk : Stage
{
    public override string? Missing =>
        SmallDisk.IsPossible() ? null : "a small disk needs the right to mount one (root, outside of most containers)";

    public override Task Set(DrillSystem system, CancellationToken cancellation) => system.Disk.Mount();
}

/// <summary>Three RabbitMQ nodes instead of one.</summary>
sealed class OnBrokerCluster : Stage
{
    public override Task Set(DrillSystem system, CancellationToken cancellation) => system.Brokers.Start(cancellation);
}

/// <summary>A standby follows the database server.</summary>
sealed class WithStandby : Stage
{
    public override Task Set(DrillSystem system, CancellationToken cancellation) => system.Databases.Start(cancellation);
}

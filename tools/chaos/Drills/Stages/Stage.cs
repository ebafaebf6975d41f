using Shop.Launcher.Processes;
using Shop.Launcher.Servers;

namespace Shop.Chaos.Drills.Stages;

/// <summary>What a drill needs that a plain system does not have. This one needs nothing.</summary>
public class Stage
{
    public static Stage Plain { get; } = new();

    /// <summary>What this machine lacks for it; null for nothing.</summary>
    public virtual string? Missing => null;

    /// <summary>A package it needs, which is installed where that can be done.</summary>
    public virtual DebianPackages.Package? Package => null;

    /// <summary>Called before the system starts, with no data and no process there.</summary>
    public virtual Task Set(ProcessSystem system, CancellationToken cancellation) => Task.CompletedTask;
}

/// <summary>Every replica is process 1 of a process namespace of its own, as in a container.</summary>
sealed class InNamespaces : Stage
{
    static readonly string[] _wrapper = ["unshare", "--pid", "--fork", "--kill-child"];

    public override string? Missing => ServerPrograms.Find("unshare") && Tool.Run([.. _wrapper, "true"]).GetAwaiter().GetResult().Succeeded
        ? null
        : "process namespaces need unshare and the right to make them (root, outside of most containers)";

    public override Task Set(ProcessSystem system, CancellationToken cancellation)
    {
        system.Environment.Wrapper = _wrapper;
        return Task.CompletedTask;
    }
}

/// <summary>The services' environment names a proxy that answers nobody.</summary>
sealed class WithProxy : Stage
{
    public override Task Set(ProcessSystem system, CancellationToken cancellation)
    {
        system.Environment.Proxy = new();
        return Task.CompletedTask;
    }
}

/// <summary>Between the services and their databases is a pooler that lends a session for one transaction at a time.</summary>
sealed class WithPooler : Stage
{
    // The pooler does not support prepared statements: a statement that is prepared in one session is missing in the next.
    const string NoPreparedStatements = ";Max Auto Prepare=0";

    public override DebianPackages.Package? Package => DebianPackages.Pooler;

    public override async Task Set(ProcessSystem system, CancellationToken cancellation)
    {
        await system.Pooler.Start(cancellation);
        system.Environment.DatabaseOptions = NoPreparedStatements;
        system.Environment.Route(PostgresServer.Name, [system.Pooler.Port]);
    }
}

/// <summary>One process has a clock that can be wrong.</summary>
sealed class OwnClock(string process) : Stage
{
    public override string? Missing => Clocks.Library is null ? "wrong clocks need libfaketime: apt-get install libfaketime" : null;

    public override Task Set(ProcessSystem system, CancellationToken cancellation)
    {
        system.Environment.Clocks.Give(process);
        return Task.CompletedTask;
    }
}

/// <summary>The database server has a small disk of its own.</summary>
sealed class OnSmallDisk : Stage
{
    public override string? Missing =>
        SmallDisk.IsPossible() ? null : "a small disk needs the right to mount one (root, outside of most containers)";

    public override Task Set(ProcessSystem system, CancellationToken cancellation) => system.Disk.Mount();
}

/// <summary>Three RabbitMQ nodes instead of one.</summary>
sealed class OnBrokerCluster : Stage
{
    public override Task Set(ProcessSystem system, CancellationToken cancellation) => system.Brokers.Start(cancellation);
}

/// <summary>A standby follows the database server.</summary>
sealed class WithStandby : Stage
{
    public override Task Set(ProcessSystem system, CancellationToken cancellation) => system.Databases.Start(cancellation);
}

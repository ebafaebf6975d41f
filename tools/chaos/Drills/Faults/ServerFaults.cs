using Shop.Chaos.Drills.Stages;
using Shop.Launcher;
using Shop.Launcher.Processes;
using Shop.Launcher.Servers;

namespace Shop.Chaos.Drills.Faults;

/// <summary>kill -9 of one node of three: the two others go on.</summary>
/// <param name="Leader">Whether it is the one that leads most queues, or the one that leads fewest.</param>
sealed record KillBrokerNode(bool Leader) : ProcessFault($"kill -9 of the RabbitMQ node that {(Leader ? "leads" : "follows")}")
{
    static readonly TimeSpan _limit = TimeSpan.FromSeconds(60);
    static readonly TimeSpan _pollInterval = TimeSpan.FromMilliseconds(200);

    public override IReadOnlyList<string> Victims => [RabbitMqServer.Name, $"{RabbitMqServer.Name}-2", $"{RabbitMqServer.Name}-3"];

    public override async Task<EndFault> Begin(ProcessSystem system, CancellationToken cancellation)
    {
        var brokers = system.Brokers;
        var queues = await brokers.Queues(cancellation);
        if (queues.FirstOrDefault(queue => queue.Online?.Count != brokers.Nodes.Count) is { } thin)
        {
            throw new FaultMissed($"queue {thin.Name} is on {thin.Online?.Count} nodes only");
        }

        int Led(RabbitMqServer node) => queues.Count(queue => queue.Leader == node.NodeName);
        var victim = Leader ? brokers.Nodes.MaxBy(Led)! : brokers.Nodes.MinBy(Led)!;
        var led = Led(victim);
        if (Leader && led == 0)
        {
            throw new FaultMissed("no node leads a queue");
        }

        BackgroundProcess.Kill(system.Find(victim.Process));
        return async cancel =>
        {
            await Until(brokers, queue => queue.Leader is { } leader && leader != victim.NodeName, "a new leader", cancel);
            await brokers.Start(cancel);
            await Until(brokers, queue => queue.Online?.Count == brokers.Nodes.Count, "all three nodes", cancel);
            return $"{victim.Process} died and came back; {led} queues chose a new leader";
        };
    }

    static async Task Until(BrokerCluster brokers, Func<BrokerQueue, bool> condition, string what, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(_limit);
        try
        {
            while (!(await brokers.Queues(limit.Token)).All(condition))
            {
                await Task.Delay(_pollInterval, limit.Token);
            }
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new UserError($"Not every queue had {what} within {_limit.TotalSeconds:0} s.");
        }
    }
}

/// <summary>kill -9 of the pooler: every connection is lost, with the work that was under way on it.</summary>
sealed record KillPooler() : ProcessFault("kill -9 of the pooler")
{
    public override IReadOnlyList<string> Victims => [PgBouncerServer.Name];

    public override IReadOnlyList<string> MayCause => Consequences.OfDeath(PostgresServer.Name);

    public override async Task<EndFault> Begin(ProcessSystem system, CancellationToken cancellation)
    {
        var (transactions, sessions) = await system.Pooler.Use(cancellation);
        if (transactions == 0)
        {
            throw new FaultMissed("no transaction went through the pooler");
        }

        BackgroundProcess.Kill(system.Find(PgBouncerServer.Name));
        return async cancel =>
        {
            await system.Pooler.Start(cancel);
            return $"it had carried {transactions} transactions, and had {sessions} sessions";
        };
    }
}

/// <summary>The database server dies for good, and its standby takes over.</summary>
sealed record Failover() : ProcessFault("database server lost, standby promoted")
{
    public override IReadOnlyList<string> Victims => [PostgresServer.Name, $"{PostgresServer.Name}-standby"];

    public override IReadOnlyList<string> MayCause => Consequences.OfDeath(PostgresServer.Name);

    public override async Task<EndFault> Begin(ProcessSystem system, CancellationToken cancellation)
    {
        await system.Databases.KillPrimary(cancellation);
        return async cancel =>
        {
            await system.Databases.Promote(cancel);
            await system.Databases.ReplaceDead(cancel);
            return "promoted; a new standby follows";
        };
    }
}

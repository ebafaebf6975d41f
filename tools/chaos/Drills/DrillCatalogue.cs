using Shop.Chaos.Auditing;
using Shop.Chaos.Drills.Faults;
using Shop.Chaos.Drills.Stages;
using Shop.Launcher.Running;
using Shop.Launcher.Servers;

namespace Shop.Chaos.Drills;

/// <summary>Every drill there is.</summary>
public static class DrillCatalogue
{
    static readonly TimeSpan _serverRecovery = TimeSpan.FromSeconds(30);
    static readonly (double, double) _down = (0.5, 4);
    static readonly (double, double) _frozen = (2, 20);
    static readonly (double, double) _cut = (3, 12);
    static readonly (double, double) _misbehaving = (5, 10);
    static readonly TimeSpan _longerThanStockLimit = TimeSpan.FromSeconds(100);

    static readonly string[] _programs = ["ordering-1", "inventory-1", "payment-1", ShopPrograms.Gateway, ShopPrograms.PaymentProvider];
    static readonly string[] _servers = [RabbitMqServer.Name, PostgresServer.Name];

    public static IReadOnlyList<Drill> All { get; } =
    [
        .. _programs.Select(process => new Drill($"kill-{Short(process)}", $"kill -9 of {process}", Repeat(_down, _ => new Kill(process)))),
        .. _servers.Select(process => new Drill($"kill-{Short(process)}", $"kill -9 of {process}", Repeat(_down, _ => new Kill(process)))
        {
            RecoverWithin = _serverRecovery,
        }),
        new("kill-replica", "kill -9 of one of two replicas, any service", Repeat(_down, random => new Kill(Replica(random))))
        {
            Replicas = 2,
        },
        new("kill-any", "kill -9 of any process, again and again", Repeat((0.1, 2), random => new Kill(Any(random))))
        {
            RecoverWithin = _serverRecovery,
        },
        new("kill-burst", "kill -9 of three to six processes at once", Repeat(_down, Burst)) { RecoverWithin = _serverRecovery },
        .. _programs.Select(process => new Drill(
            $"freeze-{Short(process)}", $"SIGSTOP of {process}", Repeat(_frozen, _ => new Freeze(process)))),
        .. _servers.Select(process => new Drill(
            $"freeze-{Short(process)}", $"SIGSTOP of {process}", Repeat(_frozen, _ => new Freeze(process)))
        {
            RecoverWithin = _serverRecovery,
        }),
        new(
            "freeze-replica",
            "SIGSTOP of one of two replicas, longer than its leases",
            Repeat((17, 25), random => new Freeze(Replica(random))))
        {
            Replicas = 2,
        },
        new("rolling-restart", "every replica of every service is restarted: no request fails", Rolling)
        {
            Replicas = 2, IsSeamless = true, LoadAtLeast = TimeSpan.FromMinutes(2),
        },
        new("cut-broker", "the network between a service and the broker is cut", Links([RabbitMqServer.Name], NetworkFault.Cuts))
        {
            RecoverWithin = _serverRecovery,
        },
        new("cut-database", "the network between a service and its database is cut", Links([PostgresServer.Name], NetworkFault.Cuts))
        {
            RecoverWithin = _serverRecovery,
        },
        new("cut-card-network", "the network between payment and the payment provider is cut", PaymentProviderLink(NetworkFault.Cuts)),
        new("cut-gateway", "the network between the gateway and a service is cut", GatewayLinks(NetworkFault.Cuts)),
        new("slow-broker", "a service's link to the broker is slow", Links([RabbitMqServer.Name], NetworkFault.Slow)),
        new("slow-database", "a service's link to its database is slow", Links([PostgresServer.Name], NetworkFault.Slow)),
        new("slow-gateway", "the gateway's link to a service is slow", GatewayLinks(NetworkFault.Slow)),
        new("disk-full", "the database server's disk is full", Repeat((6, 10), _ => new FillDisk()))
        {
            Stage = new OnSmallDisk(), RecoverWithin = _serverRecovery,
        },
        .. new[] { "ordering-1", "inventory-1", "payment-1" }.Select(process => new Drill(
            $"clock-{Short(process)}",
            $"the clock of {process} jumps by an hour, forwards or backwards",
            Repeat(_misbehaving, random => new ClockJump(process, TimeSpan.FromHours(random.Next(2) == 0 ? 1 : -1))))
        {
            Stage = new OwnClock(process),
        }),
        new("quorum", "one of three RabbitMQ nodes dies, then the one that leads the queues", BrokerNodes)
        {
            Stage = new OnBrokerCluster(), GoesOn = true, LoadAtLeast = TimeSpan.FromMinutes(1),
        },
        new("failover", "the database server is lost for good, its synchronous standby takes over", Repeat((0.5, 3), _ => new Failover()))
        {
            Stage = new WithStandby(), RecoverWithin = _serverRecovery, LoadAtLeast = TimeSpan.FromMinutes(1),
        },
        // Longer than any statement may take.
        new("standby-away", "commits wait for a standby that is not there, and none is told", Repeat((17, 25), _ => new StandbyAway()))
        {
            RecoverWithin = _serverRecovery, LoadAtLeast = TimeSpan.FromMinutes(1),
        },
        new("duplicates", "every message arrives twice", Repeat(_misbehaving, random => new Duplicate(random.Next()))),
        new("late", "every message arrives late, and in any order", Repeat(_misbehaving, random => new Late(random.Next()))),
        new(
            "equal-identity",
            "every replica is process 1 at the same address, as in containers",
            Repeat(_misbehaving, _ => new EqualIdentity()))
        {
            Stage = new InNamespaces(), Replicas = 2, LoadAtLeast = TimeSpan.FromSeconds(30),
        },
        new("freeze-in-transaction", "SIGSTOP of one of two replicas inside a transaction, longer than an order waits for its stock",
            (random, _) => [new(TimeSpan.FromSeconds(3), _longerThanStockLimit, new FreezeInTransaction(Replica(random)))])
        {
            Replicas = 2, GoesOn = true, LoadAtLeast = TimeSpan.FromMinutes(2),
        },
        new("lock-held", "somebody holds rows locked, of one service after the other", Locks)
        {
            GoesOn = true, LoadAtLeast = TimeSpan.FromSeconds(75),
        },
        new("password-rotated", "a service's password is changed, at the database or at the broker", Passwords)
        {
            RecoverWithin = _serverRecovery, LoadAtLeast = TimeSpan.FromSeconds(90),
        },
        new("proxy", "the services' environment names a proxy", Repeat(_misbehaving, _ => new ProxyInEnvironment()))
        {
            Stage = new WithProxy(),
        },
        new("pooler", "a pooler in transaction mode stands before the databases, and dies", Repeat(_down, _ => new KillPooler()))
        {
            Stage = new WithPooler(), Replicas = 2, RecoverWithin = _serverRecovery, LoadAtLeast = TimeSpan.FromSeconds(30),
        },
        new("poison", "messages nobody can handle come between the others", Repeat((1, 3), random => new Poison(random.Next()))),
        new(
            "subscriber-full",
            "a subscriber does not read, and its queue refuses what is announced",
            Repeat((3, 10), _ => new FullSubscriber()))
        {
            GoesOn = true,
        },
        new("connections", "the database server has no connection left", Repeat((2, 6), _ => new TakeConnections()))
        {
            RecoverWithin = _serverRecovery,
        },
        new("card-network-slow", "the payment provider takes 3 seconds", Misbehave(new { LatencyMilliseconds = 3_000 })),
        new("card-network-failing", "the payment provider fails every second call", Misbehave(new { ErrorRate = 0.5 })),
        new("card-network-silent", "the payment provider takes the money and does not answer", Misbehave(new { SilentRate = 0.5 })),
        new("card-network-away", "the payment provider refuses everything", Misbehave(new { Outage = true })),
        new(
            "card-network-hostile",
            "the payment provider and all that stands before it answer what they like, and give money back unasked",
            HostilePlan.Of)
        {
            LoadAtLeast = TimeSpan.FromMinutes(3),
        },
    ];

    /// <summary>One of each kind.</summary>
    public static IReadOnlyList<Drill> OneOfEachKind { get; } =
    [
        .. new[]
        {
            "kill-any", "freeze-payment", "cut-broker", "duplicates", "poison", "subscriber-full", "card-network-hostile",
            "equal-identity", "freeze-in-transaction", "lock-held", "password-rotated", "proxy", "pooler", "standby-away",
        }.Select(name => All.Single(drill => drill.Name == name)),
    ];

    static Func<Random, TimeSpan, IReadOnlyList<PlannedFault>> Repeat((double, double) lasting, Func<Random, Fault> fault) =>
        (random, load) => PlannedFault.Repeat(random, load, lasting, fault);

    static Func<Random, TimeSpan, IReadOnlyList<PlannedFault>> Links(string[] servers, IReadOnlyList<Conditions> conditions) =>
        Deck(
            from service in Replicas.Services
            from server in servers
            from condition in conditions
            select new NetworkFault(Replicas.NameOf(service, 1), server, condition));

    static IReadOnlyList<PlannedFault> Locks(Random random, TimeSpan load) =>
        Deck(Replicas.Services.Select(service => new HoldLock(service)))(random, load);

    static IReadOnlyList<PlannedFault> Passwords(Random random, TimeSpan load) =>
        Deck(from service in Replicas.Services from server in _servers select new RotatePassword(service, server))(random, load);

    static Func<Random, TimeSpan, IReadOnlyList<PlannedFault>> PaymentProviderLink(IReadOnlyList<Conditions> conditions) =>
        Deck(conditions.Select(condition => new NetworkFault("payment-1", ShopPrograms.PaymentProvider, condition)));

    static Func<Random, TimeSpan, IReadOnlyList<PlannedFault>> GatewayLinks(IReadOnlyList<Conditions> conditions) =>
        Deck(
            from service in Replicas.Services
            from condition in conditions
            select new NetworkFault(ShopPrograms.Gateway, Replicas.NameOf(service, 1), condition));

    // All of them in a random order, then all again.
    static Func<Random, TimeSpan, IReadOnlyList<PlannedFault>> Deck(IEnumerable<Fault> faults) => (random, load) =>
    {
        var deck = faults.ToArray();
        random.Shuffle(deck);
        var next = 0;
        return PlannedFault.Repeat(random, load, _cut, _ => deck[next++ % deck.Length]);
    };

    static Func<Random, TimeSpan, IReadOnlyList<PlannedFault>> Misbehave(object faults) =>
        Repeat(
            _misbehaving,
            random => new ProviderFault("faults of the payment provider", faults, [Endings.PaymentTimeout], random.Next()));

    static string Short(string process) => process.EndsWith("-1", StringComparison.Ordinal) ? process[..^2] : process;

    static string Any(Random random) => random.GetItems([.. _programs, .. _servers], 1)[0];

    static string Replica(Random random) => Replicas.NameOf(random.GetItems([.. Replicas.Services], 1)[0], random.Next(1, 3));

    static Kill Burst(Random random)
    {
        string[] all = [.. _programs, .. _servers];
        random.Shuffle(all);
        return new(all[..random.Next(3, 7)]);
    }

    static IReadOnlyList<PlannedFault> BrokerNodes(Random random, TimeSpan load)
    {
        var leads = true;
        return PlannedFault.Repeat(random, load, (4, 8), _ => new KillBrokerNode(leads = !leads));
    }

    static IReadOnlyList<PlannedFault> Rolling(Random random, TimeSpan load)
    {
        string[] all = [.. Replicas.Services.SelectMany(service => new[] { 1, 2 }.Select(replica => Replicas.NameOf(service, replica)))];
        random.Shuffle(all);
        return [.. all.Select(process => new PlannedFault(TimeSpan.FromSeconds(1), TimeSpan.Zero, new Restart(process)))];
    }
}

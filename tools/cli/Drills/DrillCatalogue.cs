using Shop.Cli.Drills.Faults;
using Shop.Cli.Drills.Stages;
using Shop.Cli.Running;
using Shop.Cli.Servers;

namespace Shop.Cli.Drills;

/// <summary>Every drill there is.</summary>
static class DrillCatalogue
{
    static readonly TimeSpan _serverRecovery = TimeSpan.FromSeconds(30);
    static readonly (double, double) _down = (0.5, 4);
    static readonly (double, double) _frozen = (2, 20);
    static readonly (double, double) _cut = (3, 12);
    static readonly (double, double) _misbehaving = (5, 10);

    static readonly string[] _programs = ["ordering-1", "inventory-1", "payment-1", ShopPrograms.Gateway, ShopPrograms.CardNetwork];
    static readonly string[] _servers = [RabbitMqServer.Name, PostgresServer.Name];

    public static IReadOnlyList<Drill> All { get; } =
    [
        .. _programs.Select(process => new Drill($"kill-{Short(process)}", $"kill -9 of {process}", Repeat(_down, _ => new Kill(process)))),
        .. _servers.Select(process => new Drill($"kill-{Short(process)}", $"kill -9 of {process}", Repeat(_down, _ => new Kill(process)))
        {
            RecoverWithin = _serverRecovery,
        }),
        new("kill-replica", "kill -9 of one of two replicas, any service", Repeat(_down, random => new Kill(Replica(random)))) { Replicas = 2 },
        new("kill-any", "kill -9 of any process, again and again", Repeat((0.1, 2), random => new Kill(Any(random))))
        {
            RecoverWithin = _serverRecovery,
        },
        new("kill-burst", "kill -9 of three to six processes at once", Repeat(_down, Burst)) { RecoverWithin = _serverRecovery },
        .. _programs.Select(process => new Drill($"freeze-{Short(process)}", $"SIGSTOP of {process}", Repeat(_frozen, _ => new Freeze(process)))),
        .. _servers.Select(process => new Drill($"freeze-{Short(process)}", $"SIGSTOP of {process}", Repeat(_frozen, _ => new Freeze(process)))
        {
            RecoverWithin = _serverRecovery,
        }),
        new("freeze-replica", "SIGSTOP of one of two replicas, longer than its leases", Repeat((17, 25), random => new Freeze(Replica(random))))
        {
            Replicas = 2,
        },
        new("rolling-restart", "every replica of every service is restarted: no request fails", Rolling)
        {
            Replicas = 2, IsSeamless = true, LoadAtLeast = TimeSpan.FromMinutes(2),
        },
        new("cut-broker", "the network between a service and the broker is cut", Links([RabbitMqServer.Name], NetworkFault.Cuts)) { RecoverWithin = _serverRecovery },
        new("cut-database", "the network between a service and its database is cut", Links([PostgresServer.Name], NetworkFault.Cuts)) { RecoverWithin = _serverRecovery },
        new("cut-card-network", "the network between payment and the card network is cut", CardNetworkLink(NetworkFault.Cuts)),
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
        new("duplicates", "every message arrives twice", Repeat(_misbehaving, random => new Duplicate(random.Next()))),
        new("late", "every message arrives late, and in any order", Repeat(_misbehaving, random => new Late(random.Next()))),
        new("poison", "messages nobody can handle come between the others", Repeat((1, 3), random => new Poison(random.Next()))),
        new("connections", "the database server has no connection left", Repeat((2, 6), _ => new TakeConnections()))
        {
            RecoverWithin = _serverRecovery,
        },
        new("card-network-slow", "the card network takes 3 seconds", Misbehave(new { LatencyMilliseconds = 3_000 })),
        new("card-network-failing", "the card network fails every second call", Misbehave(new { ErrorRate = 0.5 })),
        new("card-network-silent", "the card network takes the money and does not answer", Misbehave(new { SilentRate = 0.5 })),
        new("card-network-away", "the card network refuses everything", Misbehave(new { Outage = true })),
        new("card-network-hostile", "the card network and all that stands before it answer what they like, and give money back unasked", Hostile)
        {
            LoadAtLeast = TimeSpan.FromMinutes(3),
        },
    ];

    /// <summary>One of each kind.</summary>
    public static IReadOnlyList<Drill> OneOfEachKind { get; } =
        [.. new[] { "kill-any", "freeze-payment", "cut-broker", "duplicates", "poison", "card-network-hostile" }.Select(name => All.Single(drill => drill.Name == name))];

    static Func<Random, TimeSpan, IReadOnlyList<Strike>> Repeat((double, double) lasting, Func<Random, Fault> fault) =>
        (random, load) => Strike.Repeat(random, load, lasting, fault);

    static Func<Random, TimeSpan, IReadOnlyList<Strike>> Links(string[] servers, IReadOnlyList<Conditions> conditions) =>
        Deck(
            from service in Running.Replicas.Services
            from server in servers
            from condition in conditions
            select new NetworkFault(Running.Replicas.NameOf(service, 1), server, condition));

    static Func<Random, TimeSpan, IReadOnlyList<Strike>> CardNetworkLink(IReadOnlyList<Conditions> conditions) =>
        Deck(conditions.Select(condition => new NetworkFault("payment-1", ShopPrograms.CardNetwork, condition)));

    static Func<Random, TimeSpan, IReadOnlyList<Strike>> GatewayLinks(IReadOnlyList<Conditions> conditions) =>
        Deck(
            from service in Running.Replicas.Services
            from condition in conditions
            select new NetworkFault(ShopPrograms.Gateway, Running.Replicas.NameOf(service, 1), condition));

    // All of them in a random order, then all again.
    static Func<Random, TimeSpan, IReadOnlyList<Strike>> Deck(IEnumerable<Fault> faults) => (random, load) =>
    {
        var deck = faults.ToArray();
        random.Shuffle(deck);
        var next = 0;
        return Strike.Repeat(random, load, _cut, _ => deck[next++ % deck.Length]);
    };

    static Func<Random, TimeSpan, IReadOnlyList<Strike>> Misbehave(object faults) =>
        Repeat(_misbehaving, random => new CardNetworkFault("faults of the card network", faults, random.Next()));

    // Each kind of misbehaviour once, and then all of them together.
    static IReadOnlyList<Strike> Hostile(Random random, TimeSpan load)
    {
        (string Title, object Faults)[] deck =
        [
            ("charges land late", new { LateRate = 0.4, LateMilliseconds = 30_000 }),
            ("idempotency keys are in use", new { KeyInUseRate = 0.4 }),
            ("proxies and firewalls answer", new { ProxyRate = 0.4 }),
            ("answers that are in no contract", new { StrangeRate = 0.4 }),
            ("half answers, and endless ones", new { BrokenRate = 0.4 }),
            ("money given back from outside", new { RefundRate = 0.2, PartialRefundRate = 0.2 }),
            ("the API key has expired", new { KeyExpired = true }),
            ("the ledger lags", new { LedgerLagMilliseconds = 3_000, SilentRate = 0.4 }),
        ];
        random.Shuffle(deck);
        (string, object) all = ("all of it", new
        {
            LateRate = 0.2, LateMilliseconds = 30_000, KeyInUseRate = 0.2, ProxyRate = 0.2, StrangeRate = 0.2, BrokenRate = 0.2, SilentRate = 0.2,
            RefundRate = 0.2, PartialRefundRate = 0.2, LedgerLagMilliseconds = 1_000,
        });
        var next = 0;
        return Strike.Repeat(random, load, _misbehaving, _ =>
        {
            var (title, faults) = next < deck.Length ? deck[next++] : all;
            return new CardNetworkFault(title, faults, random.Next());
        });
    }

    static string Short(string process) => process.EndsWith("-1", StringComparison.Ordinal) ? process[..^2] : process;

    static string Any(Random random) => random.GetItems([.. _programs, .. _servers], 1)[0];

    static string Replica(Random random) => Running.Replicas.NameOf(random.GetItems([.. Running.Replicas.Services], 1)[0], random.Next(1, 3));

    static Kill Burst(Random random)
    {
        string[] all = [.. _programs, .. _servers];
        random.Shuffle(all);
        return new(all[..random.Next(3, 7)]);
    }

    static IReadOnlyList<Strike> BrokerNodes(Random random, TimeSpan load)
    {
        var leads = true;
        return Strike.Repeat(random, load, (4, 8), _ => new KillBrokerNode(leads = !leads));
    }

    static IReadOnlyList<Strike> Rolling(Random random, TimeSpan load)
    {
        string[] all = [.. Running.Replicas.Services.SelectMany(service => new[] { 1, 2 }.Select(replica => Running.Replicas.NameOf(service, replica)))];
        random.Shuffle(all);
        return [.. all.Select(process => new Strike(TimeSpan.FromSeconds(1), TimeSpan.Zero, new Restart(process)))];
    }
}

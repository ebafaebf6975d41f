using Shop.Cli.Drills.Faults;
using Shop.Cli.Running;
using Shop.Cli.Servers;

namespace Shop.Cli.Drills;

/// <summary>Every drill there is.</summary>
static class DrillCatalogue
{
    static readonly TimeSpan _serverRecovery = TimeSpan.FromSeconds(30);
    static readonly (double, double) _down = (0.5, 4);
    static readonly (double, double) _frozen = (2, 20);
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
        new("rolling-restart", "every replica of every service is restarted: no request fails", Rolling) { Replicas = 2, IsSeamless = true },
        new("card-network-slow", "the card network takes 3 seconds", Misbehave((title, seed) => new(title, seed, LatencyMilliseconds: 3_000))),
        new("card-network-failing", "the card network fails every second call", Misbehave((title, seed) => new(title, seed, ErrorRate: 0.5))),
        new("card-network-silent", "the card network takes the money and does not answer", Misbehave((title, seed) => new(title, seed, SilentRate: 0.5))),
        new("card-network-away", "the card network refuses everything", Misbehave((title, seed) => new(title, seed, Outage: true))),
    ];

    static Func<Random, TimeSpan, IReadOnlyList<Strike>> Repeat((double, double) lasting, Func<Random, Fault> fault) =>
        (random, load) => Strike.Repeat(random, load, lasting, fault);

    static Func<Random, TimeSpan, IReadOnlyList<Strike>> Misbehave(Func<string, int, CardNetworkFault> fault) =>
        Repeat(_misbehaving, random => fault("faults of the card network", random.Next()));

    static string Short(string process) => process.EndsWith("-1", StringComparison.Ordinal) ? process[..^2] : process;

    static string Any(Random random) => random.GetItems([.. _programs, .. _servers], 1)[0];

    static string Replica(Random random) => Running.Replicas.NameOf(random.GetItems([.. Running.Replicas.Services], 1)[0], random.Next(1, 3));

    static Kill Burst(Random random)
    {
        string[] all = [.. _programs, .. _servers];
        random.Shuffle(all);
        return new(all[..random.Next(3, 7)]);
    }

    static IReadOnlyList<Strike> Rolling(Random random, TimeSpan load)
    {
        string[] all = [.. Running.Replicas.Services.SelectMany(service => new[] { 1, 2 }.Select(replica => Running.Replicas.NameOf(service, replica)))];
        random.Shuffle(all);
        return [.. all.Select(process => new Strike(TimeSpan.FromSeconds(1), TimeSpan.Zero, new Restart(process)))];
    }
}

using Shop.Chaos.Drills;

namespace Shop.Chaos.Compose;

/// <summary>Every drill for the system of docker-compose.yml.</summary>
public static class ContainerDrills
{
    static readonly (double, double) _down = (1, 6);
    static readonly (double, double) _cut = (5, 20);
    static readonly string[] _services = ["ordering-1", "ordering-2", "inventory-1", "inventory-2", "payment-1", "payment-2"];
    static readonly string[] _containers = [.. _services, "gateway", "card-network", "rabbitmq", "postgres"];
    static readonly CutNetwork[] _cuts =
    [
        .. _services.Select(service => new CutNetwork(service, "data")),
        .. _services.Select(service => new CutNetwork(service, "services")),
        new("payment-1", "outside"), new("payment-2", "outside"),
    ];

    public static IReadOnlyList<Drill> All { get; } =
    [
        new(
            "kill",
            "containers are killed, one after the other: services, gateway, payment provider, broker and database",
            Repeat(_down, random => new KillContainer(Pick(random, _containers)))),
        new(
            "cut",
            "services lose a network, one after the other: that of the data, of the gateway or of the payment provider",
            Repeat(_cut, random => Pick(random, _cuts))),
    ];

    // Each fault begins a moment after the shop has recovered from the one before. No fault begins after the end of the load.
    static Func<Random, TimeSpan, IReadOnlyList<PlannedFault>> Repeat(
        (double Least, double Most) lasting, Func<Random, Fault> fault) => (random, load) =>
    {
        var faults = new List<PlannedFault>();
        for (var time = TimeSpan.Zero; time < load; time += faults[^1].Pause + faults[^1].Lasting)
        {
            var pause = TimeSpan.FromSeconds(1 + (4 * random.NextDouble()));
            var next = fault(random);
            var seconds = lasting.Least + ((lasting.Most - lasting.Least) * random.NextDouble());
            faults.Add(new(TimeSpan.Zero, TimeSpan.FromSeconds(seconds), next) { Pause = pause });
        }

        return faults;
    };

    static T Pick<T>(Random random, T[] choices) => choices[random.Next(choices.Length)];
}

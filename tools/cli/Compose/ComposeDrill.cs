using System.Diagnostics;
using Shop.Cli.Auditing;
using Shop.Cli.Drills;
using Shop.Cli.Orders;
using Shop.Cli.Running;

namespace Shop.Cli.Compose;

/// <summary>A drill on the system of docker-compose.yml, which it finds running and leaves running.</summary>
/// <param name="Fault">The next fault; the same seed gives the same ones.</param>
/// <param name="Lasting">Shortest and longest, in seconds.</param>
sealed record ComposeDrill(string Name, string Title, Func<Random, ComposeFault> Fault, (double Least, double Most) Lasting)
{
    const int AttemptsMax = 5;
    static readonly TimeSpan _patience = TimeSpan.FromMinutes(3);
    static readonly TimeSpan _pollInterval = TimeSpan.FromSeconds(1);
    static readonly string[] _services = ["ordering-1", "ordering-2", "inventory-1", "inventory-2", "payment-1", "payment-2"];
    static readonly (string Service, string Network)[] _cuts =
    [
        .. _services.Select(service => (service, "data")),
        .. _services.Select(service => (service, "services")),
        ("payment-1", "outside"), ("payment-2", "outside"),
    ];

    public static IReadOnlyList<ComposeDrill> All { get; } =
    [
        new(
            "kill",
            "containers are killed, one after the other: services, gateway, card network, broker and database",
            random => new KillContainer(Pick(random, [.. _services, "gateway", "card-network", "rabbitmq", "postgres"])),
            (1, 6)),
        new(
            "cut",
            "services lose a network, one after the other: that of the data, of the gateway or of the card network",
            random => Pick(random, _cuts) is var (service, network) ? new CutNetwork(service, network) : throw new UnreachableException(),
            (5, 20)),
    ];

    public async Task<DrillReport> Run(ComposeSystem system, DrillOptions options, Steps steps, CancellationToken cancellation)
    {
        await Prepare(system, cancellation);
        await new Probe(system.Checkout).Warm(cancellation);
        // The system keeps its keys, so a second run with the same ones would get the answers of the first.
        var plan = PlannedOrder.Mix($"{Name}-{options.Seed}-{Guid.CreateVersion7():N}", options.Seed, options.Orders, options.Rate);
        var time = TimeSpan.FromSeconds(options.Orders / options.Rate);
        using var customers = new Customers(system.Checkout);
        var machine = Busyness.Watch();
        var (strikes, failures) = (new List<StrikeReport>(), new List<string>());
        await steps.Run(
            $"{Name}: {options.Orders} orders",
            async () =>
            {
                var load = customers.Run(plan, _patience, cancellation);
                await Strike(system, new Random(options.Seed), time, strikes, failures, steps, cancellation);
                await load;
            },
            $"{options.Orders} orders placed at {options.Rate:0.#}/s");
        failures.AddRange(await NotHealthy(system, cancellation));
        var audit = await steps.Run(
            $"{Name}: waiting for every order to end, then audit",
            () => system.Ask<AuditResult>(["audit", "--json", "--wait", $"{_patience.TotalSeconds:0}"], cancellation),
            result => $"audit of {result.Orders} orders and {result.Charges} charges");
        var ends = await Ends(system, customers.Accepted.Keys, cancellation);
        failures.AddRange(DrillJudge.Failures(new(Name, Title, (_, _) => []), customers, audit, ends));
        return DrillReport.Of(Name, options.Seed, plan.Count, customers, audit, ends, strikes, failures, machine());
    }

    // The first request of its kind to a program that has just started may take longer than the gateway waits.
    static async Task Prepare(ComposeSystem system, CancellationToken cancellation)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await Stock.Prepare(system.Checkout, cancellation);
                return;
            }
            catch (ApiError error) when (attempt < AttemptsMax && error.Status >= System.Net.HttpStatusCode.InternalServerError)
            {
                await Task.Delay(_pollInterval, cancellation);
            }
        }
    }

    async Task Strike(
        ComposeSystem system, Random random, TimeSpan time, List<StrikeReport> strikes, List<string> failures, Steps steps, CancellationToken cancellation)
    {
        var clock = Stopwatch.StartNew();
        do
        {
            await Task.Delay(TimeSpan.FromSeconds(1 + (4 * random.NextDouble())), cancellation);
            var fault = Fault(random);
            var lasting = TimeSpan.FromSeconds(Lasting.Least + ((Lasting.Most - Lasting.Least) * random.NextDouble()));
            var at = clock.Elapsed;
            try
            {
                var end = await fault.Begin(system, cancellation);
                await Task.Delay(lasting, cancellation);
                var effect = await end(cancellation);
                var lasted = clock.Elapsed - at;
                var recovery = await new Probe(system.Checkout).UntilConfirmed(cancellation);
                var seconds = recovery is { } known ? Math.Round(known.TotalSeconds, 1) : default(double?);
                if (recovery is null || recovery > fault.RecoverWithin)
                {
                    failures.Add(FormattableString.Invariant(
                        $"{fault.Title}: a new order was confirmed {seconds?.ToString("0.0") ?? "never, or not within 90"} s after it, and should be within {fault.RecoverWithin.TotalSeconds} s"));
                }

                steps.Note(FormattableString.Invariant(
                    $"  {at.TotalSeconds,5:0.0} s  {fault.Title} for {lasted.TotalSeconds:0.0} s: {effect}; an order confirmed {seconds:0.0} s later"));
                strikes.Add(new(fault.Title, Math.Round(at.TotalSeconds, 1), Math.Round(lasted.TotalSeconds, 1), effect, seconds));
            }
            catch (FaultMissed missed)
            {
                failures.Add($"{fault.Title} at {at.TotalSeconds:0.0} s did not bite: {missed.Message}");
            }
        }
        while (clock.Elapsed < time);
    }

    // Whatever was done to them, all containers end healthy.
    static async Task<IReadOnlyList<string>> NotHealthy(ComposeSystem system, CancellationToken cancellation)
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            var services = (await system.Docker(["compose", "ps", "--format", "{{.Service}} {{.State}} {{.Health}}"], cancellation)).Split('\n');
            var unwell = services.Where(line => !line.EndsWith(" running healthy", StringComparison.Ordinal)).ToArray();
            if (unwell is [] || clock.Elapsed > _patience)
            {
                return [.. unwell.Select(line => $"{line} after {_patience.TotalSeconds:0} s")];
            }

            await Task.Delay(_pollInterval, cancellation);
        }
    }

    static async Task<IReadOnlyDictionary<Guid, OrderEnd>> Ends(ComposeSystem system, IEnumerable<Guid> orders, CancellationToken cancellation)
    {
        using var staff = new ShopApi(system.Checkout, "drill", Tokens.Staff);
        var ends = new Dictionary<Guid, OrderEnd>();
        foreach (var order in orders)
        {
            try
            {
                var view = await staff.Get<OrderView>($"/orders/{order}", cancellation);
                ends[order] = new(view.Status, view.Reason);
            }
            catch (ApiError error) when (error.Status == System.Net.HttpStatusCode.NotFound)
            {
                // The judge misses it.
            }
        }

        return ends;
    }

    static T Pick<T>(Random random, T[] choices) => choices[random.Next(choices.Length)];
}

using Shop.Chaos.Auditing;
using Shop.Chaos.Drills;
using Shop.Launcher.Compose;

namespace Shop.Chaos.Compose;

/// <summary>Something that goes wrong with a container.</summary>
public abstract record ContainerFault(string Title) : Fault(Title)
{
    // A payment may run out of time wherever the fault is.
    public override IReadOnlyList<string> MayCause => [Endings.PaymentTimeout];

    // Docker takes its time to end a fault, and the shop recovers afterwards.
    public override bool EndsByRecovery => false;

    public sealed override Task<EndFault> Begin(DrillSystem system, CancellationToken cancellation) =>
        Begin(((ContainerSystem)system).Compose, cancellation);

    /// <inheritdoc cref="Fault.Begin"/>
    public abstract Task<EndFault> Begin(ComposeSystem system, CancellationToken cancellation);
}

/// <summary>kill -9 of everything in a container.</summary>
sealed record KillContainer(string Service) : ContainerFault($"kill -9 of {Service}")
{
    static readonly TimeSpan _recoveryOfService = TimeSpan.FromSeconds(10);
    static readonly TimeSpan _recoveryOfServer = TimeSpan.FromSeconds(30);

    public override TimeSpan? RecoverWithin => IsServer(Service) ? _recoveryOfServer : _recoveryOfService;

    public override async Task<EndFault> Begin(ComposeSystem system, CancellationToken cancellation)
    {
        var container = await system.ContainerOf(Service, cancellation);
        await system.Docker(["kill", "--signal", "KILL", container], cancellation);
        var state = await system.Inspect(container, "{{.State.Running}} {{.State.ExitCode}}", cancellation);
        if (state != "false 137")
        {
            throw new FaultMissed($"the container's state is \"{state}\"");
        }

        return async cancel =>
        {
            await system.Docker(["start", container], cancel);
            return "it died with exit code 137";
        };
    }

    static bool IsServer(string service) => service is "postgres" or "rabbitmq";
}

/// <summary>A container loses one of its networks: nothing answers any more, and no connection is closed.</summary>
sealed record CutNetwork(string Service, string Network) : ContainerFault($"{Service} cut off the network {Network}")
{
    static readonly TimeSpan _recovery = TimeSpan.FromSeconds(30);
    static readonly TimeSpan _noticedWithin = TimeSpan.FromSeconds(15);
    static readonly TimeSpan _pollInterval = TimeSpan.FromSeconds(1);

    public override TimeSpan? RecoverWithin => _recovery;

    public override async Task<EndFault> Begin(ComposeSystem system, CancellationToken cancellation)
    {
        var container = await system.ContainerOf(Service, cancellation);
        var project = await system.Inspect(container, "{{index .Config.Labels \"com.docker.compose.project\"}}", cancellation);
        var network = $"{project}_{Network}";
        if (!await IsConnected(system, container, network, cancellation))
        {
            throw new FaultMissed("it was not connected");
        }

        await system.Docker(["network", "disconnect", network, container], cancellation);
        return async cancel =>
        {
            try
            {
                return await Effect(system, container, network, cancel);
            }
            finally
            {
                await system.Docker(["network", "connect", "--alias", Service, network, container], cancel);
            }
        };
    }

    // Another network may lead to the same place. The cut counts if something misses the container.
    Task<string> Effect(ComposeSystem system, string container, string network, CancellationToken cancellation) => Network switch
    {
        "data" => WaitForEffect(
            "it was not ready any more",
            "it is still ready",
            async () => !await system.IsReady(container, cancellation),
            cancellation),
        "services" => WaitForEffect(
            "the gateway missed it",
            "the gateway still finds every replica",
            () => system.IsMissed(Service, cancellation),
            cancellation),
        _ => WaitForEffect(
            "it had no address there",
            "it is still connected",
            async () => !await IsConnected(system, container, network, cancellation),
            cancellation),
    };

    static async Task<string> WaitForEffect(string effect, string otherwise, Func<Task<bool>> condition, CancellationToken cancellation)
    {
        for (var waited = TimeSpan.Zero; waited < _noticedWithin; waited += _pollInterval)
        {
            if (await condition())
            {
                return effect;
            }

            await Task.Delay(_pollInterval, cancellation);
        }

        throw new FaultMissed(otherwise);
    }

    static async Task<bool> IsConnected(ComposeSystem system, string container, string network, CancellationToken cancellation)
    {
        var networks = await system.Inspect(
            container, "{{range $name, $_ := .NetworkSettings.Networks}}{{$name}} {{end}}", cancellation);
        return networks.Split(' ').Contains(network);
    }
}

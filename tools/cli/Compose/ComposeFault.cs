using Shop.Cli.Drills;

namespace Shop.Cli.Compose;

/// <summary>Something that goes wrong with a container.</summary>
/// <param name="RecoverWithin">The longest time from its end until a new order is confirmed.</param>
abstract record ComposeFault(string Title, TimeSpan RecoverWithin)
{
    protected static readonly TimeSpan ForService = TimeSpan.FromSeconds(10);
    protected static readonly TimeSpan ForServer = TimeSpan.FromSeconds(30);

    /// <summary>Lets it happen.</summary>
    /// <returns>Ends it, and returns what shows that it did something.</returns>
    /// <exception cref="FaultMissed">It did nothing.</exception>
    public abstract Task<EndFault> Begin(ComposeSystem system, CancellationToken cancellation);
}

/// <summary>kill -9 of everything in a container.</summary>
sealed record KillContainer(string Service) : ComposeFault($"kill -9 of {Service}", IsServer(Service) ? ForServer : ForService)
{
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

/// <summary>A container loses one of its networks: nothing answers any more, and nobody is told.</summary>
sealed record CutNetwork(string Service, string Network) : ComposeFault($"{Service} cut off the network {Network}", ForServer)
{
    static readonly TimeSpan _noticedWithin = TimeSpan.FromSeconds(15);
    static readonly TimeSpan _pollInterval = TimeSpan.FromSeconds(1);

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

    // Another network may lead to the same place: what shows that it was cut is that somebody missed it.
    Task<string> Effect(ComposeSystem system, string container, string network, CancellationToken cancellation) => Network switch
    {
        "data" => Seen("it was not ready any more", "it is still ready", async () => !await system.IsReady(container, cancellation), cancellation),
        "services" => Seen("the gateway missed it", "the gateway still finds every replica", () => system.IsMissed(Service, cancellation), cancellation),
        _ => Seen(
            "it had no address there", "it is still connected", async () => !await IsConnected(system, container, network, cancellation), cancellation),
    };

    static async Task<string> Seen(string effect, string otherwise, Func<Task<bool>> condition, CancellationToken cancellation)
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

    static async Task<bool> IsConnected(ComposeSystem system, string container, string network, CancellationToken cancellation) =>
        (await system.Inspect(container, "{{range $name, $_ := .NetworkSettings.Networks}}{{$name}} {{end}}", cancellation)).Split(' ').Contains(network);
}

using System.Diagnostics;
using Shop.Launcher.Processes;
using Shop.Launcher.Running;

namespace Shop.Launcher.Servers;

/// <summary>
/// A private RabbitMQ node on 127.0.0.1, with its data in a folder of the state directory and an Erlang name server of
/// its own, so that it meets no other node on the machine.
/// </summary>
public sealed class RabbitMqServer(StateDirectory state, RabbitMqPorts ports, string virtualHost, IReadOnlyList<BrokerUser> users)
{
    public const string Name = "rabbitmq";
    public const string NameServer = "rabbitmq-epmd";

    static readonly TimeSpan _startLimit = TimeSpan.FromSeconds(90);
    static readonly TimeSpan _stopLimit = TimeSpan.FromSeconds(15);
    static readonly TimeSpan _pollInterval = TimeSpan.FromMilliseconds(50);

    public RabbitMqPorts Ports => ports;

    /// <summary>The name of its process.</summary>
    public string Process { get; init; } = Name;

    /// <summary>A node whose cluster this one joins when it starts for the first time; null for a cluster of its own.</summary>
    public RabbitMqServer? Joins { get; init; }

    /// <summary>The node's name in the cluster.</summary>
    public string NodeName => $"shop-{ports.Amqp}@localhost";

    public bool IsAlive => state.Processes.IsAlive(Process);

    /// <summary>The management interface, as the first user with a tag, who may read it.</summary>
    public BrokerManagement Management =>
        new(new($"http://127.0.0.1:{ports.Management}"), users.First(user => user.Tags.Length > 0), virtualHost);

    string Folder => state.Combine(Process);

    // The folder as the node itself names it: by its working directory. The true path may have a quote, a hash or a letter in it that
    // RabbitMQ's settings and the shell commands it makes of paths do not bear.
    public static string Inside(string name) => "/proc/self/cwd/" + name;

    /// <summary>Starts the node, after a crash too, and returns when clients can log in.</summary>
    public async Task Start(CancellationToken cancellation = default)
    {
        (string Process, int Port)[] wanted =
        [
            (NameServer, ports.NameServer), (Process, ports.Amqp), (Process, ports.Management), (Process, ports.Distribution),
        ];
        foreach (var (_, port) in wanted.Where(one => !state.Processes.IsAlive(one.Process)))
        {
            await PortCheck.CanBeHad(port, _ => { }, cancellation);
        }

        if (!state.Processes.IsAlive(NameServer))
        {
            NameServerProcess().Start(state);
            await WaitUntil(NameServer, () => Task.FromResult(PortCheck.IsTaken(ports.NameServer)), cancellation);
        }

        if (!IsAlive)
        {
            RabbitMqSettings.Write(Folder, ports, Joins?.NodeName, virtualHost, users, state.Secrets.Password("erlang-cookie"));
            NodeProcess().Start(state);
        }

        await WaitUntil(
            Process,
            async () => await AmqpGreeting.IsGiven(ports.Amqp, cancellation) && await Management.IsReady(cancellation),
            cancellation);
    }

    /// <returns>False if the node had to be killed.</returns>
    public async Task<bool> Stop()
    {
        var clean = true;
        foreach (var name in new[] { Process, NameServer })
        {
            if (state.Processes.Find(name) is { } record)
            {
                clean &= await BackgroundProcess.Stop(record, _stopLimit);
                state.Processes.Remove(name);
            }
        }

        return clean;
    }

    /// <summary>Runs the broker's own tool.</summary>
    /// <returns>What it printed.</returns>
    public async Task<string> Control(IEnumerable<string> command, CancellationToken cancellation)
    {
        var tool = Path.Combine(Path.GetDirectoryName(ServerPrograms.RabbitMqServer!)!, "rabbitmqctl");
        var result = await Tool.Run([tool, "-n", NodeName, .. command], environment: NodeProcess().Environment, cancellation: cancellation);
        return result.Succeeded ? result.Output : throw new UserError($"rabbitmqctl {command.First()} failed:\n{result.Output}");
    }

    /// <summary>Ends every process of the node at once, as a power cut would.</summary>
    public void Kill()
    {
        if (state.Processes.Find(Process) is { } record)
        {
            BackgroundProcess.Kill(record);
        }
    }

    public void Delete()
    {
        if (Directory.Exists(Folder))
        {
            Directory.Delete(Folder, recursive: true);
        }
    }

    BackgroundProcess NameServerProcess()
    {
        var program = ServerPrograms.ErlangNameServer ?? throw new UserError("RabbitMQ is not installed (epmd is missing).");
        return new(NameServer, ports.NameServer, program, ["-port", $"{ports.NameServer}", "-address", "127.0.0.1"]);
    }

    BackgroundProcess NodeProcess()
    {
        var program = ServerPrograms.RabbitMqServer ?? throw new UserError("RabbitMQ is not installed.");
        return new(Process, ports.Amqp, program, [])
        {
            WorkingDirectory = Folder,
            Environment = new Dictionary<string, string>
            {
                ["HOME"] = Folder,
                ["RABBITMQ_NODENAME"] = NodeName,
                ["RABBITMQ_CONFIG_FILE"] = Inside("rabbitmq.conf"),
                ["RABBITMQ_ENABLED_PLUGINS_FILE"] = Inside("enabled_plugins"),
                ["RABBITMQ_MNESIA_BASE"] = Inside("mnesia"),
                ["RABBITMQ_LOG_BASE"] = Inside("log"),
                ["RABBITMQ_DIST_PORT"] = $"{ports.Distribution}",
                ["ERL_EPMD_PORT"] = $"{ports.NameServer}",
                ["ERL_EPMD_ADDRESS"] = "127.0.0.1",
                ["RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS"] = "-kernel inet_dist_use_interface {127,0,0,1}",
                // These files do not exist. Naming them keeps the node from reading the machine's own under /etc/rabbitmq.
                ["RABBITMQ_CONF_ENV_FILE"] = Inside("rabbitmq-env.conf"),
                ["RABBITMQ_ADVANCED_CONFIG_FILE"] = Inside("advanced.config"),
                // Our name server already runs. One that a helper of the node starts would outlive a node that is stopped meanwhile.
                ["ERL_FLAGS"] = "-start_epmd false",
                // With this variable, the start script becomes the node instead of waiting for it, so the process id is the node's.
                ["RUNNING_UNDER_SYSTEMD"] = "true",
                // A locale the Erlang VM can read names in.
                ["LC_ALL"] = "C.UTF-8",
            },
        };
    }

    async Task WaitUntil(string process, Func<Task<bool>> isReady, CancellationToken cancellation)
    {
        var clock = Stopwatch.StartNew();
        while (!await isReady())
        {
            if (!state.Processes.IsAlive(process) || clock.Elapsed > _startLimit)
            {
                throw new UserError($"RabbitMQ did not start.\n{LogTail.Of(state, process)}");
            }

            await Task.Delay(_pollInterval, cancellation);
        }
    }
}

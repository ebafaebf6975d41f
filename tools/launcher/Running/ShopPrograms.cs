using Shop.Launcher.Client;
using Shop.Launcher.Processes;
using Shop.Launcher.Servers;

namespace Shop.Launcher.Running;

/// <summary>The .NET processes of one system, with their settings.</summary>
public sealed class ShopPrograms(Checkout checkout, LaunchEnvironment? environment = null)
{
    public const string PaymentProvider = "card-network";
    public const string Gateway = "gateway";
    public const string TraceViewer = "trace-viewer";

    /// <summary>OpenTelemetry's own name for where traces go.</summary>
    public const string CollectorKey = "OTEL_EXPORTER_OTLP_ENDPOINT";

    public const string ListensKey = "ASPNETCORE_URLS";

    const string DrainingKey = "Draining__Time";
    const string InstanceKey = "SHOP_INSTANCE";

    // The dotnet that runs this program. A program that was started by its own name, such as a test, takes the one on the search path.
    public static readonly string Dotnet =
        Environment.ProcessPath is { } program && Path.GetFileName(program) == "dotnet" ? program : "dotnet";

    readonly LaunchEnvironment _environment = environment ?? LaunchEnvironment.Plain;

    // Each process inherits these variables anyway. They are also among its settings, so that a change of one starts it anew.
    readonly IReadOnlyDictionary<string, string> _shell = KnownEnvironment.Settings;

    static readonly Dictionary<string, string> _common = new()
    {
        ["ASPNETCORE_ENVIRONMENT"] = "Production",
        ["DOTNET_ENVIRONMENT"] = "Production",
        // A small size collects the youngest objects often, because many processes share this machine's memory. The number is hexadecimal
        // bytes.
        ["DOTNET_GCgen0size"] = "800000",
        ["DOTNET_NOLOGO"] = "1",
    };

    // For programs that are no part of the shop and log in the format of .NET.
    static readonly Dictionary<string, string> _plainLog = new()
    {
        ["Logging__Console__FormatterName"] = "simple",
        ["Logging__Console__FormatterOptions__SingleLine"] = "true",
        ["Logging__Console__FormatterOptions__TimestampFormat"] = "HH:mm:ss.fff ",
        ["Logging__Console__FormatterOptions__UseUtcTimestamp"] = "true",
    };

    /// <summary>In start order: a program comes before the programs that need it.</summary>
    public IReadOnlyList<BackgroundProcess> All(IReadOnlyDictionary<string, int> replicas) =>
    [
        .. UsersCollector is null ? [TraceViewerProcess()] : Array.Empty<BackgroundProcess>(),
        PaymentProviderProcess(),
        .. Replicas.Services.SelectMany(service => Enumerable.Range(1, replicas[service])
            .Select(replica => Service(service, replica, isOnly: replicas[service] == 1))),
        GatewayProcess(replicas),
    ];

    /// <summary>A process, or all replicas of a service.</summary>
    public IReadOnlyList<BackgroundProcess> Find(string name, IReadOnlyDictionary<string, int> replicas)
    {
        var all = All(replicas);
        var found = all.Where(process => process.Name == name || Replicas.IsReplicaOf(name, process.Name)).ToArray();
        return found is not [] ? found : throw new UserError(
            $"There is no process \"{name}\". There are: {string.Join(", ", Replicas.Services.Concat(all.Select(process => process.Name)))}.");
    }

    /// <summary>A Jaeger or another collector that the user runs. It replaces the viewer. Null for none.</summary>
    // A shell with the output of ./shop env has the viewer's own address, which does not count.
    public static string? UsersCollector =>
        Environment.GetEnvironmentVariable(CollectorKey) is { Length: > 0 } url && !KnownEnvironment.OfShell.ContainsKey(InstanceKey)
            ? url
            : null;

    /// <summary>The same program and settings as the first replica, but with the right to change tables.</summary>
    public BackgroundProcess Migration(string service)
    {
        var name = MigrationOf(service);
        var process = Service(service, 1, isOnly: true, build: name);
        return process with
        {
            Name = name,
            Arguments = [.. process.Arguments, "migrate"],
            Environment = new Dictionary<string, string>(process.Environment)
            {
                ["ConnectionStrings__Database"] =
                    DatabasesAt(checkout.Ports.Postgres).ConnectionString(service, Databases.OwnerOf(service)),
            },
        };
    }

    /// <summary>The name of the process that changes a service's tables.</summary>
    public static string MigrationOf(string service) => service + "-migrate";

    Databases DatabasesAt(int port) => new(new PostgresServer(checkout.State, port), checkout.State.Secrets);

    /// <param name="build">The process whose build runs, where it is not the replica's own.</param>
    BackgroundProcess Service(string service, int replica, bool isOnly, string? build = null)
    {
        var name = Replicas.NameOf(service, replica);
        var database = _environment.PortFor(name, PostgresServer.Name, checkout.Ports.Postgres);
        var settings = new Dictionary<string, string>
        {
            ["ConnectionStrings__Database"] =
                DatabasesAt(database).ConnectionString(service, service) + _environment.DatabaseOptionsOf(name),
            ["RabbitMq__Host"] = "127.0.0.1",
            ["RabbitMq__Port"] = $"{_environment.PortFor(name, RabbitMqServer.Name, checkout.Ports.RabbitMq.Amqp)}",
            ["RabbitMq__VirtualHost"] = BrokerAccess.VirtualHost,
            ["RabbitMq__Username"] = service,
            ["RabbitMq__Password"] = checkout.State.Secrets.Password("rabbitmq-" + service),
        };
        // A variable of the shell with the same name wins.
        foreach (var (key, limit) in ShortTimeLimits.Of[service])
        {
            settings[key] = _shell.GetValueOrDefault(key, limit);
        }

        AddAuthentication(settings);
        AddTracing(settings);
        if (isOnly)
        {
            // There is no other replica that could take its requests.
            settings[DrainingKey] = "00:00:00";
        }

        if (service == "payment")
        {
            settings["CardNetwork__Url"] = UrlOf(_environment.PortFor(name, PaymentProvider, checkout.Ports.PaymentProvider));
            settings["CardNetwork__ApiKey"] = checkout.State.Secrets.Password(PaymentProvider);
        }

        return Program(
            name,
            checkout.Ports.Service(service, replica),
            Path.Combine("services", service),
            "Shop." + char.ToUpperInvariant(service[0]) + service[1..],
            settings,
            build);
    }

    BackgroundProcess GatewayProcess(IReadOnlyDictionary<string, int> replicas)
    {
        var settings = new Dictionary<string, string>
        {
            // There is no load balancer before the gateway.
            [DrainingKey] = "00:00:00",
            ["Metrics__Port"] = $"{checkout.Ports.GatewayMetrics}",
            // A proxy in front of the gateway runs on this machine.
            ["TrustedForwarders__Networks__0"] = "127.0.0.0/8",
        };
        AddAuthentication(settings);
        AddTracing(settings);
        foreach (var (service, count) in replicas)
        {
            for (var replica = 1; replica <= count; replica++)
            {
                settings[$"ReverseProxy__Clusters__{service}__Destinations__{replica}__Address"] =
                    UrlOf(_environment.PortFor(Gateway, Replicas.NameOf(service, replica), checkout.Ports.Service(service, replica))) + "/";
            }
        }

        return Program(Gateway, checkout.Ports.Gateway, "gateway", "Shop.Gateway", settings);
    }

    BackgroundProcess PaymentProviderProcess() => Program(
        PaymentProvider,
        checkout.Ports.PaymentProvider,
        Path.Combine("simulators", "payment-provider"),
        "Shop.PaymentProvider",
        new(_plainLog)
        {
            ["Ledger__Path"] = checkout.State.Combine(Path.Combine(PaymentProvider, "ledger.jsonl")),
            ["ApiKey"] = checkout.State.Secrets.Password(PaymentProvider),
        });

    BackgroundProcess TraceViewerProcess() => Program(
        TraceViewer,
        checkout.Ports.TraceViewer.Page,
        Path.Combine("tools", "traces"),
        "Shop.Traces",
        new(_plainLog)
        {
            // The viewer has three ports, with settings of its own.
            [ListensKey] = "",
            ["Ports__Page"] = $"{checkout.Ports.TraceViewer.Page}",
            ["Ports__OtlpGrpc"] = $"{checkout.Ports.TraceViewer.Grpc}",
            ["Ports__OtlpHttp"] = $"{checkout.Ports.TraceViewer.Http}",
        });

    // Spans go out every second, and wait in a queue that is long enough for one at full load.
    void AddTracing(Dictionary<string, string> settings)
    {
        settings[CollectorKey] = UsersCollector ?? UrlOf(checkout.Ports.TraceViewer.Grpc);
        if (UsersCollector is null)
        {
            // The viewer keeps traces alone.
            settings["OTEL_METRICS_EXPORTER"] = "none";
            settings["OTEL_LOGS_EXPORTER"] = "none";
        }

        settings["OTEL_BSP_SCHEDULE_DELAY"] = "1000";
        settings["OTEL_BSP_MAX_QUEUE_SIZE"] = "16384";
        settings["OTEL_BSP_MAX_EXPORT_BATCH_SIZE"] = "2048";
    }

    void AddAuthentication(Dictionary<string, string> settings)
    {
        settings["Authentication__Issuer"] = Tokens.Issuer;
        settings["Authentication__Audience"] = Tokens.Audience;
        settings["Authentication__PublicKeyFile"] = checkout.State.Secrets.PublicKeyFile;
    }

    BackgroundProcess Program(
        string name, int port, string project, string assembly, Dictionary<string, string> settings, string? build = null)
    {
        var folder = Path.Combine(_environment.CheckoutOf(build ?? name) ?? checkout.Root, project, "bin", "Release", "net10.0");
        string[] command = [.. _environment.WrapperOf(name), Dotnet, Path.Combine(folder, assembly + ".dll")];
        return new(name, port, command[0], command[1..])
        {
            // The folder with its appsettings.json.
            WorkingDirectory = folder,
            Build = BuildOf(folder),
            Environment = Merged(
                _shell,
                _common,
                new Dictionary<string, string> { [ListensKey] = UrlOf(port), [InstanceKey] = name },
                settings,
                _environment.SettingsFor(name)),
        };
    }

    // A later layer wins. The case of names does not matter.
    static Dictionary<string, string> Merged(params IEnumerable<IReadOnlyDictionary<string, string>> layers)
    {
        var merged = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (key, value) in layers.SelectMany(layer => layer))
        {
            merged[key] = value;
        }

        return merged;
    }

    // The value changes with our own assemblies and the default settings.
    static string BuildOf(string folder)
    {
        var build = new DirectoryInfo(folder);
        FileInfo[] files = build.Exists ? [.. build.GetFiles("Shop.*.dll"), .. build.GetFiles("appsettings.json")] : [];
        return string.Join(';', files.OrderBy(file => file.Name, StringComparer.Ordinal)
            .Select(file => $"{file.Name} {file.Length} {file.LastWriteTimeUtc.Ticks}"));
    }

    static string UrlOf(int port) => $"http://127.0.0.1:{port}";
}

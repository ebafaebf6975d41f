using System.CommandLine;
using Shop.Cli.Processes;
using Shop.Cli.Servers;

namespace Shop.Cli.Running;

/// <summary>The .NET processes of one system, with their settings.</summary>
sealed class ShopPrograms(Checkout checkout, Surroundings? surroundings = null)
{
    public const string CardNetwork = "card-network";
    public const string Gateway = "gateway";
    public const string TraceViewer = "trace-viewer";

    /// <summary>OpenTelemetry's own name for where traces go.</summary>
    public const string CollectorKey = "OTEL_EXPORTER_OTLP_ENDPOINT";

    const string DrainingKey = "Draining__Time";
    const string InstanceKey = "SHOP_INSTANCE";

    // The one that runs this program, unless it was started by its own name, as tests are.
    public static readonly string Dotnet =
        Environment.ProcessPath is { } program && Path.GetFileName(program) == "dotnet" ? program : "dotnet";

    readonly Surroundings _surroundings = surroundings ?? Surroundings.Plain;

    static readonly Dictionary<string, string> _common = new()
    {
        ["ASPNETCORE_ENVIRONMENT"] = "Production",
        ["DOTNET_ENVIRONMENT"] = "Production",
        // Collects the youngest objects often: many processes share this machine's memory. Hexadecimal bytes.
        ["DOTNET_GCgen0size"] = "800000",
        ["DOTNET_NOLOGO"] = "1",
    };

    // For the programs that are no part of the shop, and log as .NET does.
    static readonly Dictionary<string, string> _plainLog = new()
    {
        ["Logging__Console__FormatterName"] = "simple",
        ["Logging__Console__FormatterOptions__SingleLine"] = "true",
        ["Logging__Console__FormatterOptions__TimestampFormat"] = "HH:mm:ss.fff ",
        ["Logging__Console__FormatterOptions__UseUtcTimestamp"] = "true",
    };

    // Patience for somebody who watches: an order at a bank that never works ends in half a minute. The services' own defaults outlast an
    // outage. A variable of the same name wins.
    static readonly Dictionary<string, Dictionary<string, string>> _patience = new()
    {
        ["ordering"] = new()
        {
            ["OrderSaga__StockTimeLimit"] = "00:01:30",
            ["OrderSaga__PaymentTimeLimit"] = "00:00:20",
            ["OrderSaga__CompensationTimeLimit"] = "00:00:15",
        },
        ["inventory"] = new() { ["Reservations__HoldTimeLimit"] = "00:10:00" },
        ["payment"] = new() { ["Payments__SettlingTime"] = "00:00:25" },
    };

    /// <summary>In the order a request passes them, backwards: what others need comes first.</summary>
    public IReadOnlyList<BackgroundProcess> All(IReadOnlyDictionary<string, int> replicas) =>
    [
        .. UsersCollector is null ? [TraceViewerProcess()] : Array.Empty<BackgroundProcess>(),
        CardNetworkProcess(),
        .. Replicas.Services.SelectMany(service => Enumerable.Range(1, replicas[service]).Select(replica => Service(service, replica, isOnly: replicas[service] == 1))),
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

    /// <summary>What <see cref="Find"/> takes.</summary>
    public static Argument<string> NameArgument() => new("service")
    {
        Description = "A service such as ordering for all its replicas, or a process such as ordering-1 or gateway",
    };

    /// <summary>Whoever has a Jaeger or another collector running uses that, and no viewer is started. Null for nobody.</summary>
    // A shell that has taken up what ./shop env prints has the viewer's own address.
    public static string? UsersCollector =>
        Environment.GetEnvironmentVariable(CollectorKey) is { Length: > 0 } url && !KnownEnvironment.OfShell.ContainsKey(InstanceKey) ? url : null;

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
                ["ConnectionStrings__Database"] = DatabasesAt(checkout.Ports.Postgres).ConnectionString(service, Databases.OwnerOf(service)),
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
        var database = _surroundings.PortFor(name, PostgresServer.Name, checkout.Ports.Postgres);
        var settings = new Dictionary<string, string>
        {
            ["ConnectionStrings__Database"] = DatabasesAt(database).ConnectionString(service, service),
            ["RabbitMq__Host"] = "127.0.0.1",
            ["RabbitMq__Port"] = $"{_surroundings.PortFor(name, RabbitMqServer.Name, checkout.Ports.RabbitMq.Amqp)}",
            ["RabbitMq__VirtualHost"] = BrokerAccess.VirtualHost,
            ["RabbitMq__Username"] = service,
            ["RabbitMq__Password"] = checkout.State.Secrets.Password("rabbitmq-" + service),
        };
        foreach (var (key, limit) in _patience[service])
        {
            settings[key] = Environment.GetEnvironmentVariable(key) ?? limit;
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
            settings["CardNetwork__Url"] = UrlOf(_surroundings.PortFor(name, CardNetwork, checkout.Ports.CardNetwork));
            settings["CardNetwork__ApiKey"] = checkout.State.Secrets.Password(CardNetwork);
            // Its ledger does not lag, and who watches does not want to wait.
            settings["Reconciliation__Interval"] = "00:00:03";
            settings["Reconciliation__LedgerLag"] = "00:00:02";
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
            // Nobody balances load over gateways here.
            [DrainingKey] = "00:00:00",
            ["Metrics__Port"] = $"{checkout.Ports.GatewayMetrics}",
            // A proxy that somebody puts in front of it runs on this machine.
            ["TrustedForwarders__Networks__0"] = "127.0.0.0/8",
        };
        AddAuthentication(settings);
        AddTracing(settings);
        foreach (var (service, count) in replicas)
        {
            for (var replica = 1; replica <= count; replica++)
            {
                settings[$"ReverseProxy__Clusters__{service}__Destinations__{replica}__Address"] =
                    UrlOf(_surroundings.PortFor(Gateway, Replicas.NameOf(service, replica), checkout.Ports.Service(service, replica))) + "/";
            }
        }

        return Program(Gateway, checkout.Ports.Gateway, "gateway", "Shop.Gateway", settings);
    }

    BackgroundProcess CardNetworkProcess() => Program(
        CardNetwork,
        checkout.Ports.CardNetwork,
        Path.Combine("tests", "CardNetwork"),
        "Shop.CardNetwork",
        new(_plainLog)
        {
            ["Ledger__Path"] = checkout.State.Combine(Path.Combine(CardNetwork, "ledger.jsonl")),
            ["ApiKey"] = checkout.State.Secrets.Password(CardNetwork),
        });

    BackgroundProcess TraceViewerProcess() => Program(
        TraceViewer,
        checkout.Ports.TraceViewer.Page,
        Path.Combine("tools", "traces"),
        "Shop.Traces",
        new(_plainLog)
        {
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
        var folder = Path.Combine(_surroundings.CheckoutOf(build ?? name) ?? checkout.Root, project, "bin", "Release", "net10.0");
        return new(name, port, Dotnet, [Path.Combine(folder, assembly + ".dll")])
        {
            // Where its appsettings.json lies.
            WorkingDirectory = folder,
            Build = BuildOf(folder),
            Environment = new Dictionary<string, string>(_common.Concat(settings).Concat(_surroundings.SettingsFor(name)))
            {
                ["ASPNETCORE_URLS"] = UrlOf(port),
                [InstanceKey] = name,
            },
        };
    }

    // Changes when one of our own assemblies or its default settings do.
    static string BuildOf(string folder)
    {
        var files = Directory.Exists(folder) ? new DirectoryInfo(folder).GetFiles("Shop.*.dll").Concat(new DirectoryInfo(folder).GetFiles("appsettings.json")) : [];
        return string.Join(';', files.OrderBy(file => file.Name, StringComparer.Ordinal)
            .Select(file => $"{file.Name} {file.Length} {file.LastWriteTimeUtc.Ticks}"));
    }

    static string UrlOf(int port) => $"http://127.0.0.1:{port}";
}

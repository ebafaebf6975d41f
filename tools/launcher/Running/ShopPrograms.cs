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

    const string DrainingKey = "Draining__Time";

    readonly LaunchEnvironment _environment = environment ?? LaunchEnvironment.Plain;
    readonly BuiltPrograms _built = new(checkout, environment ?? LaunchEnvironment.Plain);

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
        Environment.GetEnvironmentVariable(CollectorKey) is { Length: > 0 } url
        && !KnownEnvironment.OfShell.ContainsKey(BuiltPrograms.InstanceKey)
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

    /// <summary>
    /// A program that is no part of the shop and takes its place: at the gateway's port, with a database of its own name, the same tokens
    /// and the same payment provider.
    /// </summary>
    /// <param name="project">Its folder in the checkout.</param>
    public BackgroundProcess InPlaceOfAll(string name, string project, string assembly)
    {
        var settings = new Dictionary<string, string>(_plainLog)
        {
            ["ConnectionStrings__Database"] = DatabasesAt(checkout.Ports.Postgres).ConnectionString(name, name),
            ["CardNetwork__Url"] = BuiltPrograms.UrlOf(checkout.Ports.PaymentProvider),
            ["CardNetwork__ApiKey"] = checkout.State.Secrets.Password(PaymentProvider),
        };
        AddAuthentication(settings);
        return _built.Process(name, checkout.Ports.Gateway, project, assembly, settings);
    }

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
        var shell = KnownEnvironment.Settings;
        foreach (var (key, limit) in ShortTimeLimits.Of[service])
        {
            settings[key] = shell.GetValueOrDefault(key, limit);
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
            settings["CardNetwork__Url"] = BuiltPrograms.UrlOf(_environment.PortFor(name, PaymentProvider, checkout.Ports.PaymentProvider));
            settings["CardNetwork__ApiKey"] = checkout.State.Secrets.Password(PaymentProvider);
        }

        return _built.Process(
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
                var port = _environment.PortFor(Gateway, Replicas.NameOf(service, replica), checkout.Ports.Service(service, replica));
                settings[$"ReverseProxy__Clusters__{service}__Destinations__{replica}__Address"] = BuiltPrograms.UrlOf(port) + "/";
            }
        }

        return _built.Process(Gateway, checkout.Ports.Gateway, "gateway", "Shop.Gateway", settings);
    }

    BackgroundProcess PaymentProviderProcess() => _built.Process(
        PaymentProvider,
        checkout.Ports.PaymentProvider,
        Path.Combine("simulators", "payment-provider"),
        "Shop.PaymentProvider",
        new(_plainLog)
        {
            ["Ledger__Path"] = checkout.State.Combine(Path.Combine(PaymentProvider, "ledger.jsonl")),
            ["ApiKey"] = checkout.State.Secrets.Password(PaymentProvider),
        });

    BackgroundProcess TraceViewerProcess() => _built.Process(
        TraceViewer,
        checkout.Ports.TraceViewer.Page,
        Path.Combine("tools", "traces"),
        "Shop.Traces",
        new(_plainLog)
        {
            // The viewer has three ports, with settings of its own.
            [BuiltPrograms.ListensKey] = "",
            ["Ports__Page"] = $"{checkout.Ports.TraceViewer.Page}",
            ["Ports__OtlpGrpc"] = $"{checkout.Ports.TraceViewer.Grpc}",
            ["Ports__OtlpHttp"] = $"{checkout.Ports.TraceViewer.Http}",
        });

    // Spans go out every second, and wait in a queue that is long enough for one at full load.
    void AddTracing(Dictionary<string, string> settings)
    {
        settings[CollectorKey] = UsersCollector ?? BuiltPrograms.UrlOf(checkout.Ports.TraceViewer.Grpc);
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
}

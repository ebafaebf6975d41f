using System.Globalization;
using Projects;
using Shop.AppHost;
using Shop.Launcher;
using Shop.Launcher.Running;
using Shop.Launcher.Servers;

// The whole shop for an IDE: F5 starts it, and Aspire's dashboard shows its processes, logs, traces and metrics. Ports, passwords and data
// are those of ./shop, so ./shop order, trace, load and audit work on it.
var builder = DistributedApplication.CreateBuilder(args);
if (builder.Configuration["Servers"] is not (null or "local" or "containers"))
{
    return Refuse($"--servers must be local or containers, not \"{builder.Configuration["Servers"]}\".");
}

Ports ports;
try
{
    ports = Ports.Parse(builder.Configuration[Ports.Variable]);
}
catch (UserError error)
{
    return Refuse(error.Message);
}

Dashboard.Shift(builder.Configuration, ports.Offset);
var root = Path.GetFullPath("..", builder.AppHostDirectory);
var state = Path.GetFullPath(builder.Configuration["SHOP_STATE"] is { Length: > 0 } folder ? folder : ".shop", root);
var logins = new Logins(builder, new Secrets(Path.Combine(state, "secrets")));
IServers servers = builder.Configuration["Servers"] switch
{
    "containers" => new ContainerServers(builder, logins, ports, root),
    null when !OperatingSystem.IsLinux() => new ContainerServers(builder, logins, ports, root),
    _ => new LocalServers(builder, ports, root, state),
};

var traces = Program<Traces>("trace-viewer", ports.TraceViewer.Page)
    .WithEnvironment("Ports__Page", Text(ports.TraceViewer.Page))
    .WithEnvironment("Ports__OtlpGrpc", Text(ports.TraceViewer.Grpc))
    .WithEnvironment("Ports__OtlpHttp", Text(ports.TraceViewer.Http));
var paymentProvider = Program<PaymentProvider>("card-network", ports.PaymentProvider)
    .WithEnvironment("Ledger__Path", servers.LedgerFile)
    .WithEnvironment("ApiKey", logins.Password("card-network"));
var ordering = Service<Ordering>("ordering");
var inventory = Service<Inventory>("inventory");
var payment = Service<Payment>("payment")
    .WithEnvironment("CardNetwork__Url", paymentProvider.GetEndpoint("http"))
    .WithEnvironment("CardNetwork__ApiKey", logins.Password("card-network"));
WithSharedSettings(Program<Gateway>("gateway", ports.Gateway))
    .WithEnvironment("Metrics__Port", Text(ports.GatewayMetrics))
    .WithEnvironment("TrustedForwarders__Networks__0", "127.0.0.0/8")
    .WithEnvironment("ReverseProxy__Clusters__ordering__Destinations__1__Address", ordering.GetEndpoint("http"))
    .WithEnvironment("ReverseProxy__Clusters__inventory__Destinations__1__Address", inventory.GetEndpoint("http"))
    .WithEnvironment("ReverseProxy__Clusters__payment__Destinations__1__Address", payment.GetEndpoint("http"))
    .WithUrlForEndpoint("http", url => url.Url = "/docs");

await builder.Build().RunAsync();
return 0;

static int Refuse(string problem)
{
    Console.Error.WriteLine(problem);
    return 2;
}

static string Text(int port) => port.ToString(CultureInfo.InvariantCulture);

// Each program listens at its own port, without a proxy of Aspire before it, because the gateway balances load itself.
IResourceBuilder<ProjectResource> Program<T>(string name, int port) where T : IProjectMetadata, new() => servers.Before(
    builder.AddProject<T>(name, project => project.ExcludeLaunchProfile = true)
        .WithHttpEndpoint(port, isProxied: false)
        .WithHttpHealthCheck("/health/ready"));

// The process believes the tokens of ./shop token and sends its spans to ./shop trace. No load balancer needs time to notice that it stops,
// so it stops at once.
IResourceBuilder<ProjectResource> WithSharedSettings(IResourceBuilder<ProjectResource> program) => program
    .WithEnvironment("SHOP_INSTANCE", program.Resource.Name)
    .WithEnvironment("Authentication__Issuer", "shop")
    .WithEnvironment("Authentication__Audience", "shop")
    .WithEnvironment("Authentication__PublicKeyFile", logins.PublicKeyFile)
    .WithEnvironment("SHOP_TRACE_VIEWER", "http://127.0.0.1:" + Text(ports.TraceViewer.Grpc))
    .WithEnvironment("Draining__Time", "00:00:00")
    .WithReferenceRelationship(traces);

IResourceBuilder<ProjectResource> Service<T>(string name) where T : IProjectMetadata, new()
{
    var service = WithSharedSettings(Program<T>(name, ports.Service(name, 1)))
        .WithEnvironment("ConnectionStrings__Database", logins.Database(ports.Postgres, name, name))
        .WithEnvironment("RabbitMq__Host", "127.0.0.1")
        .WithEnvironment("RabbitMq__Port", Text(ports.RabbitMq.Amqp))
        .WithEnvironment("RabbitMq__VirtualHost", BrokerAccess.VirtualHost)
        .WithEnvironment("RabbitMq__Username", name)
        .WithEnvironment("RabbitMq__Password", logins.Password($"rabbitmq-{name}"));
    foreach (var (key, limit) in ShortTimeLimits.Of[name])
    {
        service.WithEnvironment(key, builder.Configuration[key.Replace("__", ":", StringComparison.Ordinal)] ?? limit);
    }

    servers.Migrate<T>(service);
    return service;
}

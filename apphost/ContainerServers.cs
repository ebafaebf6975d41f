using Shop.Launcher;
using Shop.Launcher.Running;

namespace Shop.AppHost;

/// <summary>Containers, set up as docker-compose.yml does it. They begin empty with each start.</summary>
sealed class ContainerServers : IServers
{
    const string PostgresTag = "17";

    // The script reads the passwords of these roles.
    static readonly string[] _roles =
        ["audit", .. ShortTimeLimits.Of.Keys, .. ShortTimeLimits.Of.Keys.Select(service => $"{service}_owner")];

    readonly IDistributedApplicationBuilder _builder;
    readonly Logins _logins;
    readonly Ports _ports;
    readonly IResourceBuilder<ContainerResource> _access;

    public ContainerServers(IDistributedApplicationBuilder builder, Logins logins, Ports ports, string root)
    {
        (_builder, _logins, _ports) = (builder, logins, ports);
        var deploy = Path.Combine(root, "deploy");
        var postgres = builder.AddPostgres("postgres", password: logins.Password("postgres"), port: ports.Postgres)
            .WithImageTag(PostgresTag);
        var server = postgres.Resource.PrimaryEndpoint;
        _access = builder.AddContainer("database-access", "postgres", PostgresTag)
            .WithBindMount(Path.Combine(deploy, "postgres"), "/deploy/postgres", isReadOnly: true)
            .WithBindMount(logins.Files(_roles.Select(role => $"postgres-{role}")), "/run/secrets", isReadOnly: true)
            .WithEnvironment("PGHOST", server.Property(EndpointProperty.Host))
            .WithEnvironment("PGPORT", server.Property(EndpointProperty.Port))
            .WithEnvironment("PGUSER", "postgres")
            .WithEnvironment("PGDATABASE", "postgres")
            .WithEnvironment("PGPASSWORD", logins.Password("postgres"))
            .WithEntrypoint("psql")
            .WithArgs("-X", "-q", "-v", "secrets=/run/secrets", "-f", "/deploy/postgres/prepare.sql")
            .WaitFor(postgres);
        // AddRabbitMQ does not fit: it expects one user who may do everything, and a node with definitions makes no user of its own.
        builder.AddContainer("rabbitmq", "rabbitmq", "4-management")
            .WithEndpoint(ports.RabbitMq.Amqp, 5672, "amqp", "amqp")
            .WithHttpEndpoint(ports.RabbitMq.Management, 15672, "management")
            .WithBindMount(Path.Combine(deploy, "rabbitmq", "rabbitmq.conf"), "/etc/rabbitmq/conf.d/50-shop.conf", isReadOnly: true)
            .WithContainerFiles("/etc/rabbitmq/definitions", (_, _) => Task.FromResult<IEnumerable<ContainerFileSystemItem>>(
                [new ContainerFile { Name = "shop.json", Contents = logins.BrokerDefinitions() }]));
    }

    // The payment provider makes the folder when it starts.
    public string LedgerFile { get; } = Path.Combine(Path.GetTempPath(), $"shop-ledger-{Guid.NewGuid():N}", "ledger.jsonl");

    public IResourceBuilder<ProjectResource> Before(IResourceBuilder<ProjectResource> program) => program;

    // Migrations run as the owner of the database, who alone may change its tables.
    public void Migrate<T>(IResourceBuilder<ProjectResource> service) where T : IProjectMetadata, new()
    {
        var name = service.Resource.Name;
        service.WaitForCompletion(_builder.AddProject<T>($"{name}-migrate", project => project.ExcludeLaunchProfile = true)
            .WithArgs("migrate")
            .WithEnvironment("ConnectionStrings__Database", _logins.Database(_ports.Postgres, name, $"{name}_owner"))
            .WaitForCompletion(_access));
    }
}

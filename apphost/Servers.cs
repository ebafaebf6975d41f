using System.Globalization;
using Shop.Launcher;

namespace Shop.AppHost;

/// <summary>PostgreSQL and RabbitMQ with the databases, roles and rights of the shop, where ./shop expects them.</summary>
interface IServers
{
    /// <summary>Where the payment provider keeps its charges: as long as the databases live, and no longer.</summary>
    string LedgerFile { get; }

    /// <summary>What must be done before any program starts.</summary>
    IResourceBuilder<ProjectResource> Before(IResourceBuilder<ProjectResource> program);

    /// <summary>What must be done before a service starts.</summary>
    void Migrate<T>(IResourceBuilder<ProjectResource> service) where T : IProjectMetadata, new();
}

/// <summary>
/// The servers of this machine, which <c>./shop up --servers</c> starts. They stay when the AppHost ends. The command also ends a system of
/// ./shop, whose ports and ledger the programs take over.
/// </summary>
sealed class LocalServers(IDistributedApplicationBuilder builder, Ports ports, string root, string state) : IServers
{
    readonly IResourceBuilder<ExecutableResource> _up = builder
        .AddExecutable("servers", Path.Combine(root, "shop"), root, "up", "--servers")
            .WithEnvironment("SHOP_STATE", state)
            .WithEnvironment(Ports.Variable, ports.Offset.ToString(CultureInfo.InvariantCulture));

    public string LedgerFile => Path.Combine(state, "card-network", "ledger.jsonl");

    public IResourceBuilder<ProjectResource> Before(IResourceBuilder<ProjectResource> program) => program.WaitForCompletion(_up);

    // ./shop up does it.
    public void Migrate<T>(IResourceBuilder<ProjectResource> service) where T : IProjectMetadata, new()
    {
    }
}

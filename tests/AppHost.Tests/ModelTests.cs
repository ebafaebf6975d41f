using System.Text.RegularExpressions;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Shop.Launcher;
using Shop.Launcher.Processes;
using Shop.Launcher.Running;
using Shop.Launcher.Servers;

namespace Shop.AppHost.Tests;

/// <summary>The AppHost starts the same programs with the same settings as ./shop, in both ways to have servers.</summary>
public sealed partial class ModelTests
{
    // Settings for logs and identity, for which Aspire has its own, and settings for many processes on a small machine.
    static readonly string[] _launchersOwn = ["ASPNETCORE_", "DOTNET_", "Logging__", "OTEL_", "SHOP_INSTANCE"];
    static readonly string[] _appHostsOwn =
        ["ASPNETCORE_", "DOTNET_", "HTTP_PORTS", "LOGGING__", "OTEL_", "SHOP_INSTANCE", "SHOP_TRACE_VIEWER", "SSL_CERT_"];

    public static TheoryData<string> Ways => [Model.Local, Model.Containers];

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task The_same_programs_run_with_the_same_settings_at_the_same_ports(string way)
    {
        await using var model = await Model.Of(way);
        var launched = Launched(model);

        Assert.Equal(
            launched.Keys.Order(StringComparer.Ordinal),
            model.Resources.OfType<ProjectResource>().Select(program => program.Name)
                .Where(name => !name.EndsWith("-migrate", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
        foreach (var (name, process) in launched)
        {
            var program = model.Find<ProjectResource>(name);
            var settings = await model.Settings(program, DistributedApplicationOperation.Run);
            Assert.Equal(process.Port, program.GetEndpoint("http").Port);
            Assert.Equal(Comparable(process.Environment, _launchersOwn, way), Comparable(settings, _appHostsOwn, way));
        }
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task No_secret_is_in_the_model(string way)
    {
        await using var model = await Model.Of(way);
        // All are made when somebody first asks.
        Assert.All(model.Resources.OfType<ParameterResource>(), parameter => Assert.True(parameter.Secret, parameter.Name));
        foreach (var program in Programs(model))
        {
            await model.Settings(program, DistributedApplicationOperation.Run);
        }

        var secrets = Directory.GetFiles(model.State.Secrets.Directory, "*.password").Select(File.ReadAllText).ToArray();

        Assert.NotEmpty(secrets);
        foreach (var resource in model.Resources.OfType<IResourceWithEnvironment>())
        {
            var settings = await model.Settings(resource, DistributedApplicationOperation.Publish);
            Assert.DoesNotContain(settings.Values, text => secrets.Any(secret => text.Contains(secret, StringComparison.Ordinal)));
        }

        var ordering = await model.Settings(model.Find<ProjectResource>("ordering"), DistributedApplicationOperation.Publish);
        Assert.EndsWith(
            "Username=ordering;Password={postgres-ordering-password.value}",
            ordering["ConnectionStrings__Database"],
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task On_this_machine_every_program_waits_for_the_servers_of_the_launcher()
    {
        await using var model = await Model.Of(Model.Local);

        var up = Assert.Single(model.Resources.OfType<ExecutableResource>(), resource => resource.Name == "servers");

        Assert.Equal(Path.Combine(Checkout.FindRoot(), "shop"), up.Command);
        Assert.All(Programs(model), program => Assert.Equal([up.Name], Model.WaitedFor(program, WaitType.WaitForCompletion)));
        Assert.Empty(model.Resources.OfType<ContainerResource>());
    }

    [Fact]
    public async Task In_containers_a_service_waits_for_its_tables_and_those_for_its_database()
    {
        await using var model = await Model.Of(Model.Containers);

        foreach (var service in Replicas.Services)
        {
            var migration = model.Find<ProjectResource>($"{service}-migrate");
            Assert.Contains(migration.Name, Model.WaitedFor(model.Find<ProjectResource>(service), WaitType.WaitForCompletion));
            Assert.Contains("database-access", Model.WaitedFor(migration, WaitType.WaitForCompletion));
            Assert.Contains(
                $"Username={service}_owner;",
                (await model.Settings(migration, DistributedApplicationOperation.Run))["ConnectionStrings__Database"],
                StringComparison.Ordinal);
        }

        Assert.Contains("postgres", Model.WaitedFor(model.Find<ContainerResource>("database-access"), WaitType.WaitUntilHealthy));
    }

    [Fact]
    public async Task Containers_are_those_of_compose_at_the_ports_of_the_launcher_and_see_files_that_are_there()
    {
        await using var model = await Model.Of(Model.Containers);
        var composed = Image().Matches(await File.ReadAllTextAsync(
            Path.Combine(Checkout.FindRoot(), "docker-compose.yml"), TestContext.Current.CancellationToken))
            .Select(match => match.Groups[1].Value).ToHashSet();
        var ports = new Ports(0);

        foreach (var container in model.Resources.OfType<ContainerResource>())
        {
            var image = container.Annotations.OfType<ContainerImageAnnotation>().Last();
            Assert.Contains($"{image.Image.Replace("library/", "", StringComparison.Ordinal)}:{image.Tag}", composed);
            Assert.All(
                container.Annotations.OfType<ContainerMountAnnotation>(),
                mount => Assert.True(Path.Exists(mount.Source) && mount.IsReadOnly, mount.Source));
        }

        Assert.Equal(
            [ports.Postgres, ports.RabbitMq.Amqp, ports.RabbitMq.Management],
            model.Resources.OfType<ContainerResource>().SelectMany(container => container.Annotations.OfType<EndpointAnnotation>()).Select(
                endpoint => endpoint.Port ?? 0));
        // Every role that the script makes has its password among the files it sees.
        var script = await File.ReadAllTextAsync(
            Path.Combine(Checkout.FindRoot(), "deploy", "postgres", "prepare.sql"), TestContext.Current.CancellationToken);
        var roles = Role().Matches(script).Select(match => match.Groups[1].Value);
        Assert.Equal(["audit", .. Replicas.Services], roles);
        Assert.All(
            ["audit", .. Replicas.Services, .. Replicas.Services.Select(Databases.OwnerOf)],
            role => Assert.True(File.Exists(Path.Combine(model.State.Secrets.Directory, $"postgres-{role}.password")), role));
    }

    static IEnumerable<ProjectResource> Programs(Model model) => model.Resources.OfType<ProjectResource>();

    // One replica of each, named like its service.
    static Dictionary<string, BackgroundProcess> Launched(Model model) =>
        new ShopPrograms(new(Checkout.FindRoot(), model.State, new Ports(0))).All(Replicas.One)
            .ToDictionary(process => Replicas.ServiceOf(process.Name) ?? process.Name);

    // The comparison ignores the form of addresses and connection strings, and the ledger's path with containers.
    static string[] Comparable(IReadOnlyDictionary<string, string> settings, string[] others, string way) =>
    [
        .. settings.Where(setting => !others.Any(own => setting.Key.StartsWith(own, StringComparison.Ordinal)))
            .Where(setting => setting.Key != "Ledger__Path" || way == Model.Local)
            .Select(setting =>
                $"{setting.Key}={setting.Value.Replace("localhost", "127.0.0.1", StringComparison.Ordinal).Replace(";GSS Encryption Mode=Disable", "", StringComparison.Ordinal).TrimEnd('/')}")
            .Order(StringComparer.Ordinal),
    ];

    [GeneratedRegex(@"(?m)^\s+image: (\S+)$")]
    private static partial Regex Image();

    [GeneratedRegex(@"(?m)^\\set (?:role|service) (\w+)$")]
    private static partial Regex Role();
}

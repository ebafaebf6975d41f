using System.Text.Json;
using Npgsql;
using Shop.Launcher;
using Shop.Launcher.Running;
using Shop.Launcher.Servers;

namespace Shop.Deployment.Tests;

/// <summary>Containers get the settings that the local launcher gives its processes, under the same keys.</summary>
public sealed class ComposeSettingsTests : IDisposable
{
    static readonly Dictionary<string, int> _replicas = Replicas.Services.ToDictionary(service => service, _ => 2);

    // Settings for the launcher's machine and console. In a container, the image and its defaults do the same.
    static readonly string[] _launchersOwn =
        ["ASPNETCORE_", "DOTNET_ENVIRONMENT", "DOTNET_NOLOGO", "Logging__", "Ledger__Path", "TrustedForwarders__"];

    readonly string _folder = Directory.CreateTempSubdirectory("shop-compose-").FullName;
    readonly ShopPrograms _launcher;

    public ComposeSettingsTests() => _launcher = new(new(Checkout.FindRoot(), new StateDirectory(_folder), new Ports(0)));

    public static TheoryData<string> Programs =>
        ["gateway", "card-network", .. Replicas.Services.SelectMany(
            service => new[] { Replicas.NameOf(service, 1), Replicas.NameOf(service, 2) })];

    public static TheoryData<string> Services => [.. Replicas.Services];

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void The_same_programs_run()
    {
        var launched = _launcher.All(_replicas).Select(process => process.Name).Where(name => name != ShopPrograms.TraceViewer);
        var composed = ComposeFile.Services.Values.Where(service => service.Target is not null && !service.IsJob)
            .Select(service => service.Name);

        Assert.Equal(launched.Order(StringComparer.Ordinal), composed.Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Programs))]
    public void A_container_has_the_settings_of_the_launchers_process(string name)
    {
        var launched = LaunchersSettings(name);
        var composed = ComposeFile.Services[name].Settings;

        Assert.Equal(
            launched.Keys.Where(key => !_launchersOwn.Any(own => key.StartsWith(own, StringComparison.Ordinal)))
                .Except(name == ShopPrograms.PaymentProvider ? ["SHOP_INSTANCE", "DOTNET_GCgen0size"] : [])
                .Concat(Replicas.IsService(name) ? ["ConnectionStrings__DatabasePassword"] : []).Order(StringComparer.Ordinal),
            composed.Keys.Order(StringComparer.Ordinal));
        string[] same =
        [
            "Authentication__Issuer", "Authentication__Audience", "RabbitMq__VirtualHost", "RabbitMq__Username", "SHOP_INSTANCE",
            "Draining__Time",
            "DOTNET_GCgen0size", "OTEL_BSP_SCHEDULE_DELAY", "OTEL_BSP_MAX_QUEUE_SIZE", "OTEL_BSP_MAX_EXPORT_BATCH_SIZE",
            "OTEL_METRICS_EXPORTER", "OTEL_LOGS_EXPORTER",
            "OrderSaga__StockTimeLimit", "OrderSaga__PaymentTimeLimit", "OrderSaga__CompensationTimeLimit", "Reservations__HoldTimeLimit",
            "Payments__SettlingTime",
        ];
        Assert.All(same.Where(composed.ContainsKey), key => Assert.Equal(launched[key], composed[key]));
    }

    [Theory]
    [MemberData(nameof(Programs))]
    public void Every_setting_is_one_the_program_has(string name)
    {
        var program = name.Split('-')[0];
        if (name == ShopPrograms.PaymentProvider)
        {
            Assert.Equal(["ApiKey"], ComposeFile.Services[name].Settings.Keys);
            return;
        }

        var settings = ComposeFile.Services[name].Settings.Where(setting => !setting.Key.StartsWith("DOTNET_", StringComparison.Ordinal))
            .ToDictionary();
        Assert.Empty(Settings.Problems(program, settings));
        Assert.NotEmpty(Settings.Problems(program, new Dictionary<string, string?>(settings) { ["Authentication__Isuer"] = "shop" }));
        Assert.NotEmpty(Settings.Problems(program, new Dictionary<string, string?>(settings) { ["RabitMq__Host"] = "rabbitmq" }));
    }

    [Theory]
    [MemberData(nameof(Services))]
    public void A_service_and_its_migration_log_in_as_the_launchers_do_and_with_the_password_of_that_user(string service)
    {
        var migration = ComposeFile.Services[service + "-migrate"];
        AssertLogin(migration, new Dictionary<string, string>(_launcher.Migration(service).Environment));
        Assert.Equal([_launcher.Migration(service).Arguments[^1]], ComposeFile.List(migration["command"]));
        for (var replica = 1; replica <= 2; replica++)
        {
            var container = ComposeFile.Services[Replicas.NameOf(service, replica)];
            AssertLogin(container, LaunchersSettings(container.Name));
            Assert.Equal("rabbitmq-" + service, container.Secrets["RabbitMq__Password"]);
            Assert.Equal(migration.Image, container.Image);
        }
    }

    [Fact]
    public void The_gateway_knows_every_replica_by_its_name()
    {
        var addresses = ComposeFile.Services["gateway"].Environment
            .Where(setting => setting.Key.StartsWith("ReverseProxy__", StringComparison.Ordinal)).Select(setting => setting.Value);

        Assert.Equal(
            ComposeFile.Services.Keys.Where(Replicas.IsService)
                .Where(name => char.IsDigit(name[^1])).Select(name => $"http://{name}:8080/").Order(StringComparer.Ordinal),
            addresses.Order(StringComparer.Ordinal));
        using var settings = JsonDocument.Parse(File.ReadAllText(Path.Combine(ComposeFile.Root, "gateway", "appsettings.json")));
        var clusters = settings.RootElement.GetProperty("ReverseProxy").GetProperty("Routes").EnumerateObject()
            .Select(route => route.Value.GetProperty("ClusterId").GetString()!).Distinct();
        Assert.Equal(
            clusters.Order(StringComparer.Ordinal),
            ComposeFile.Services["gateway"].Environment.Keys.Where(key => key.StartsWith("ReverseProxy__", StringComparison.Ordinal))
                .Select(key => key.Split("__")[2]).Distinct().Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_command_line_inside_finds_what_it_asks()
    {
        var cli = ComposeFile.Services["cli"];

        Assert.Equal("http://gateway:8080", cli.Environment["SHOP_GATEWAY"]);
        foreach (var (key, address) in cli.Environment)
        {
            var host = address.Replace("http://", "", StringComparison.Ordinal).Split(':')[0];
            Assert.True(ComposeFile.Services.TryGetValue(host, out var server), $"{key}: there is no {host}");
            Assert.NotEmpty(server.Networks.Intersect(cli.Networks));
        }

        Assert.Equal(
            [$"postgres-{Databases.Audit}.password", $"rabbitmq-{BrokerAccess.Monitor}.password", "signing-key.pem"],
            cli.Secrets.Keys.Order(StringComparer.Ordinal));
    }

    static void AssertLogin(ComposeService container, Dictionary<string, string> launched)
    {
        var (expected, found) = (new NpgsqlConnectionStringBuilder(
            launched["ConnectionStrings__Database"]), new NpgsqlConnectionStringBuilder(
                container.Environment["ConnectionStrings__Database"]));

        Assert.Equal((expected.Database, expected.Username), (found.Database, found.Username));
        Assert.Equal(("postgres", 5432), (found.Host, found.Port));
        Assert.Null(found.Password);
        var secret = container.Secrets["ConnectionStrings__DatabasePassword"];
        var file = ComposeFile.Map(ComposeFile.Top("secrets")[secret])["file"];
        Assert.Equal($".shop/compose/secrets/postgres-{expected.Username}.password", file);
    }

    Dictionary<string, string> LaunchersSettings(string name) =>
        new(_launcher.All(_replicas).Single(process => process.Name == name).Environment);
}

using System.Text.Json.Nodes;
using Npgsql;
using Shop.Deployment.Tests.Kubernetes;
using Shop.Launcher;
using Shop.Launcher.Running;

namespace Shop.Deployment.Tests;

/// <summary>Pods get the settings that the local launcher gives its processes, under the same keys.</summary>
public sealed class KubernetesSettingsTests : IDisposable
{
    // The launcher's machine, its console, a gateway before which nobody balances load, metrics that nobody pushes to a collector, and the
    // short patience of somebody who watches: a cluster has the defaults, which outlast a node that is replaced.
    static readonly string[] _launchersOwn =
    [
        "ASPNETCORE_ENVIRONMENT", "DOTNET_", "Logging__", "Draining__Time", "Metrics__Port", "TrustedForwarders__", "OrderSaga__",
        "Reservations__", "Payments__",
        "Reconciliation__",
    ];

    readonly string _folder = Directory.CreateTempSubdirectory("shop-settings-").FullName;
    readonly ShopPrograms _launcher;

    public KubernetesSettingsTests() => _launcher = new(new(Checkout.FindRoot(), new StateDirectory(_folder), new Ports(0)));

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("ordering")]
    [InlineData("inventory")]
    [InlineData("payment")]
    [InlineData("gateway")]
    [InlineData("card-network")]
    public void A_pod_has_the_settings_of_the_launchers_process(string program)
    {
        var local = Overlay.Build(Overlay.Local);
        var pod = local.SettingsOf(local.Get("Deployment", program));
        var process = LaunchersSettings(program);

        Assert.Equal(
            process.Keys.Where(key => !_launchersOwn.Any(own => key.StartsWith(own, StringComparison.Ordinal)))
                .Except(program == ShopPrograms.PaymentProvider ? ["SHOP_INSTANCE"] : [])
                .Concat(Replicas.Services.Contains(program) ? ["ConnectionStrings__DatabasePassword"] : [])
                // The launcher tells the gateway each replica; here DNS does.
                .Concat(program == ShopPrograms.Gateway ? ["Forwarding__ReplicaLookupInterval"] : []).Order(StringComparer.Ordinal),
            pod.Keys.Order(StringComparer.Ordinal));
        foreach (var key in new[] { "Authentication__Issuer", "Authentication__Audience", "RabbitMq__VirtualHost", "RabbitMq__Username" })
        {
            Assert.Equal(process.GetValueOrDefault(key), pod.GetValueOrDefault(key));
        }
    }

    [Theory]
    [InlineData(Overlay.Local, "ordering")]
    [InlineData(Overlay.Local, "inventory")]
    [InlineData(Overlay.Local, "payment")]
    [InlineData(Overlay.Production, "ordering")]
    [InlineData(Overlay.Production, "inventory")]
    [InlineData(Overlay.Production, "payment")]
    public void A_service_and_its_migration_log_in_as_the_launchers_do_and_with_the_password_of_that_user(string name, string service)
    {
        var overlay = Overlay.Build(name);
        AssertLogin(overlay, overlay.Get("Deployment", service), LaunchersSettings(service));
        AssertLogin(overlay, overlay.Get("Job", service + "-migrate"), _launcher.Migration(service).Environment
            .ToDictionary(setting => setting.Key, setting => (string?)setting.Value));

        var broker = Variable(overlay.Get("Deployment", service), "RabbitMq__Password");
        Assert.Equal(
            ("broker-" + service, "password"), (broker.TextAt("valueFrom.secretKeyRef.name"), broker.TextAt("valueFrom.secretKeyRef.key")));
        Assert.Equal(
            _launcher.Migration(service).Arguments[^1],
            overlay.Get("Job", service + "-migrate").PodTemplate().List("spec.containers").Single()["args"]![0]!.GetValue<string>());
    }

    [Theory]
    [InlineData(Overlay.Local)]
    [InlineData(Overlay.Production)]
    public void Every_setting_is_one_that_the_program_reads(string name)
    {
        var overlay = Overlay.Build(name);
        foreach (var program in Replicas.Services.Append(ShopPrograms.Gateway))
        {
            Assert.Empty(Settings.Problems(program, overlay.SettingsOf(overlay.Get("Deployment", program))));
        }

        foreach (var service in Replicas.Services)
        {
            Assert.Empty(Settings.Problems(service, overlay.SettingsOf(overlay.Get("Job", service + "-migrate"))));
        }
    }

    [Theory]
    [InlineData("ordering", "RabbitMq__Tsl", "true")]
    [InlineData("ordering", "RabbitMq__Port", "ninety")]
    [InlineData("ordering", "CardNetwork__Url", "http://card-network:8080")]
    [InlineData("gateway", "RabbitMq__Host", "rabbitmq")]
    [InlineData("gateway", "ReverseProxy__Clusters__ordering__Destinations__1__Adress", "http://ordering:8080/")]
    [InlineData("payment", "OTEL_ENDPOINT", "http://jaeger:4317")]
    public void A_setting_that_nobody_reads_is_found(string program, string key, string value) =>
        Assert.Single(Settings.Problems(program, new Dictionary<string, string?> { [key] = value }));

    [Theory]
    [InlineData(Overlay.Local)]
    [InlineData(Overlay.Production)]
    public void The_gateway_knows_a_service_for_each_of_its_routes(string name)
    {
        var overlay = Overlay.Build(name);
        var routes = JsonNode.Parse(File.ReadAllText(Path.Combine(Checkout.FindRoot(), "gateway", "appsettings.json")))!
            .At("ReverseProxy.Routes")!.AsObject().Select(route => route.Value.TextAt("ClusterId")!).Distinct();
        var scheme = name == Overlay.Local ? "http" : "https";

        Assert.Equal(
            routes
                .Select(service =>
                    ($"ReverseProxy__Clusters__{service}__Destinations__1__Address", (string?)$"{scheme}://{overlay.Get("Service", service).Name()}:8080/"))
                    .Order(),
            overlay.SettingsOf(overlay.Get("Deployment", ShopPrograms.Gateway))
                .Where(setting => setting.Key.StartsWith("ReverseProxy__", StringComparison.Ordinal))
                    .Select(setting => (setting.Key, setting.Value)).Order());
        Assert.All(routes, service => Assert.Equal("None", overlay.Get("Service", service).TextAt("spec.clusterIP")));
    }

    [Fact]
    public void In_production_nothing_goes_over_a_wire_in_the_open_and_every_name_is_proved()
    {
        var production = Overlay.Build(Overlay.Production);
        var certificates = production.Of("Certificate").ToDictionary(
            certificate => certificate.TextAt("spec.secretName")!,
            certificate => certificate.At("spec.dnsNames")?.AsArray().Select(dns => dns!.GetValue<string>()).ToHashSet() ?? []);
        foreach (var service in Replicas.Services)
        {
            foreach (var workload in new[] { production.Get("Deployment", service), production.Get("Job", service + "-migrate") })
            {
                var database = new NpgsqlConnectionStringBuilder(production.SettingsOf(workload)["ConnectionStrings__Database"]);
                Assert.Equal((SslMode.VerifyFull, "/etc/shop/tls/ca.crt"), (database.SslMode, database.RootCertificate));
                Assert.Contains(database.Host!, certificates[service + "-db-tls"]);
            }

            var settings = production.SettingsOf(production.Get("Deployment", service));
            Assert.Equal(("true", "/etc/shop/tls/ca.crt"), (settings["RabbitMq__Tls"], settings["RabbitMq__CaFile"]));
            Assert.Contains(settings["RabbitMq__Host"]!, certificates["rabbitmq-tls"]);
        }

        foreach (var program in Replicas.Services.Append(ShopPrograms.Gateway))
        {
            Assert.Contains(program, certificates[program + "-tls"]);
            Assert.StartsWith("https://", production.SettingsOf(production.Get("Deployment", program))["ASPNETCORE_URLS"]);
            var volume = production.Get("Deployment", program).PodTemplate().List("spec.volumes").Single(
                volume => volume.TextAt("name") == "tls");
            Assert.Equal(program + "-tls", volume.TextAt("secret.secretName"));
        }

        Assert.True(production.Get("RabbitmqCluster", "rabbitmq").At("spec.tls.disableNonTLSListeners")!.GetValue<bool>());
        Assert.All(production.Of("Cluster"), cluster =>
            Assert.Equal("hostnossl all all all reject", cluster.At("spec.postgresql.pg_hba")![0]!.GetValue<string>()));
        Assert.NotEmpty(production.Get("Ingress", "gateway").List("spec.tls"));
    }

    static void AssertLogin(Overlay overlay, JsonObject workload, Dictionary<string, string?> process)
    {
        var expected = new NpgsqlConnectionStringBuilder(process["ConnectionStrings__Database"]);
        var database = new NpgsqlConnectionStringBuilder(overlay.SettingsOf(workload)["ConnectionStrings__Database"]);
        Assert.Equal((expected.Database, expected.Username, null), (database.Database, database.Username, database.Password));
        var password = Variable(workload, "ConnectionStrings__DatabasePassword");
        Assert.Equal("database-" + expected.Username!.Replace('_', '-'), password.TextAt("valueFrom.secretKeyRef.name"));
    }

    static JsonObject Variable(JsonObject workload, string name) =>
        workload.PodTemplate().List("spec.containers").Single().List("env").Single(variable => variable.TextAt("name") == name);

    Dictionary<string, string?> LaunchersSettings(string program) => _launcher.All(Replicas.Of([]))
        .Single(process => process.Name == program || process.Name == Replicas.NameOf(program, 1)).Environment
        .ToDictionary(setting => setting.Key, setting => (string?)setting.Value);
}

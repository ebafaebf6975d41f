using System.Text.RegularExpressions;
using Shop.Launcher;
using Shop.Launcher.Servers;

namespace Shop.Deployment.Tests;

/// <summary>How the containers of docker-compose.yml are confined, and that everything it refers to is there.</summary>
public sealed partial class ComposeTests
{
    // What is published, and where ./shop has the same.
    static readonly string[] _published =
    [
        "127.0.0.1:${SHOP_GATEWAY_PORT:-8080}:8080",
        "127.0.0.1:${SHOP_GRAFANA_PORT:-3000}:3000",
        "127.0.0.1:${SHOP_JAEGER_PORT:-16686}:16686",
        "127.0.0.1:${SHOP_PROMETHEUS_PORT:-9090}:9090",
        "127.0.0.1:${SHOP_RABBITMQ_PORT:-15720}:15672",
    ];

    const int MemoryMegabytesMax = 4096;

    // The host's time limit for a stop (shared/Hosting/ServiceDefaults.cs).
    const int ShutdownSeconds = 13;

    static string Dockerfile { get; } = File.ReadAllText(Path.Combine(ComposeFile.Root, "Dockerfile"));

    public static TheoryData<string> Services => [.. ComposeFile.Services.Keys];

    [Theory]
    [MemberData(nameof(Services))]
    public void A_container_may_do_as_little_as_possible(string name)
    {
        var service = ComposeFile.Services[name];

        Assert.Equal("true", service["read_only"]);
        Assert.Equal(["ALL"], ComposeFile.List(service["cap_drop"]));
        Assert.Null(service["cap_add"]);
        Assert.Null(service["privileged"]);
        Assert.Equal(["no-new-privileges:true"], ComposeFile.List(service["security_opt"]));
        Assert.InRange(service.MemoryMegabytes, 1, 512);
        Assert.DoesNotContain("docker.sock", string.Join(' ', ComposeFile.List(service["volumes"])), StringComparison.Ordinal);
        Assert.All(ComposeFile.List(service["volumes"]).Where(volume => volume.StartsWith('.')), volume => Assert.EndsWith(":ro", volume));
    }

    [Theory]
    [MemberData(nameof(Services))]
    public void A_container_does_not_run_as_root(string name)
    {
        var service = ComposeFile.Services[name];

        // The images of Jaeger, Prometheus and Grafana name a user of their own, as ours do.
        string[] withUser = ["jaegertracing/jaeger", "prom/prometheus", "grafana/grafana"];
        if (service.Target is null && !withUser.Contains(service.Image.Split(':')[0]))
        {
            Assert.Matches("^[1-9][0-9]*:[1-9][0-9]*$", Assert.IsType<string>(service["user"]));
        }
        else
        {
            Assert.Null(service["user"]);
        }
    }

    [Theory]
    [MemberData(nameof(Services))]
    public void An_image_is_named_by_a_tag_that_says_which(string name)
    {
        var image = ComposeFile.Services[name].Image;

        Assert.Matches("^[a-z/-]+:(\\$\\{SHOP_VERSION:-)?[0-9v][0-9.]*}?[0-9a-z.-]*$", image);
        Assert.DoesNotContain("@", image, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Services))]
    public void What_goes_on_running_is_asked_how_it_is_and_started_again(string name)
    {
        var service = ComposeFile.Services[name];
        if (service.IsJob)
        {
            return;
        }

        Assert.Equal("unless-stopped", service["restart"]);
        if (service.Target is { } target)
        {
            Assert.Matches($"HEALTHCHECK [^\n]* CMD \\[\"dotnet\", \"Shop\\.[A-Za-z]+\\.dll\", \"health\"\\]", Stage(target));
            Assert.True(Seconds(service["stop_grace_period"]) > ShutdownSeconds);
        }
        else
        {
            Assert.NotEmpty(ComposeFile.List(ComposeFile.Map(service["healthcheck"])["test"]));
        }
    }

    [Fact]
    public void Nothing_is_published_but_the_gateway_and_pages_and_those_to_this_machine_only()
    {
        var ports = ComposeFile.Services.Values.SelectMany(service => ComposeFile.List(service["ports"]));

        Assert.Equal(_published, ports.Order(StringComparer.Ordinal));
        var local = new Ports(0);
        Assert.Contains($"-{local.Gateway}}}", _published[0], StringComparison.Ordinal);
        Assert.Contains($"-{local.TraceViewer.Page}}}", _published[2], StringComparison.Ordinal);
        Assert.Contains($"-{local.RabbitMq.Management}}}", _published[4], StringComparison.Ordinal);
    }

    // Two checkouts that share a name would replace each other's containers.
    [Fact]
    public void It_has_no_name_of_its_own_and_says_who_gives_it_one() =>
        Assert.Equal("${COMPOSE_PROJECT_NAME:?run deploy/secrets.sh first}", ComposeFile.Name);

    [Fact]
    public void All_of_it_fits_into_four_gibibytes() =>
        Assert.InRange(ComposeFile.Services.Values.Where(service => !service.IsJob || service.Profiles is not [])
            .Sum(service => service.MemoryMegabytes), 1, MemoryMegabytesMax);

    [Theory]
    [InlineData("gateway", "ordering-1 ordering-2 inventory-1 inventory-2 payment-1 payment-2 jaeger prometheus cli")]
    [InlineData("card-network", "payment-1 payment-2 cli")]
    [InlineData(
        "postgres",
        "ordering-1 ordering-2 inventory-1 inventory-2 payment-1 payment-2 ordering-migrate inventory-migrate payment-migrate database-access rabbitmq cli")]
    public void A_container_is_reached_by_those_that_need_it(string name, string others)
    {
        var networks = ComposeFile.Services[name].Networks;
        var reached = ComposeFile.Services.Values.Where(service => service.Name != name && service.Networks.Intersect(networks).Any())
            .Select(service => service.Name);

        Assert.Equal(others.Split(' ').Order(StringComparer.Ordinal), reached.Order(StringComparer.Ordinal));
    }

    // With two common networks, a name would still be found when one of them is cut.
    [Theory]
    [InlineData("gateway", "ordering-1")]
    [InlineData("gateway", "payment-2")]
    [InlineData("ordering-1", "postgres")]
    [InlineData("inventory-2", "rabbitmq")]
    [InlineData("payment-1", "card-network")]
    public void One_network_leads_from_one_to_the_other(string one, string other) =>
        Assert.Single(ComposeFile.Services[one].Networks.Intersect(ComposeFile.Services[other].Networks));

    [Fact]
    public void Only_networks_of_what_is_published_lead_out_of_the_machine()
    {
        var open = ComposeFile
            .Top("networks")
            .Where(network => ComposeFile.Map(network.Value).GetValueOrDefault("internal") as string != "true")
            .Select(network => network.Key);

        Assert.Equal(["edge", "pages"], open.Order(StringComparer.Ordinal));
        Assert.All(
            ComposeFile.Services.Values.Where(service => service.Networks.Intersect(["edge", "pages"]).Any()),
            service => Assert.NotNull(service["ports"]));
    }

    [Fact]
    public void Everything_that_is_referred_to_exists()
    {
        var stages = StageNames().Matches(Dockerfile).Select(match => match.Groups[1].Value).ToHashSet();
        Assert.All(ComposeFile.Services.Values, service =>
        {
            Assert.Subset(ComposeFile.Services.Keys.ToHashSet(), ComposeFile.Names(service["depends_on"]).ToHashSet());
            Assert.Subset(ComposeFile.Top("networks").Keys.ToHashSet(), service.Networks.ToHashSet());
            Assert.Subset(ComposeFile.Top("secrets").Keys.ToHashSet(), service.Secrets.Values.ToHashSet());
            Assert.True(service.Target is null || stages.Contains(service.Target), $"The Dockerfile has no stage {service.Target}.");
            foreach (var file in ComposeFile.List(service["volumes"])
                .Where(volume => volume.StartsWith("./deploy", StringComparison.Ordinal)))
            {
                Assert.True(Path.Exists(Path.Combine(ComposeFile.Root, file.Split(':')[0])), $"There is no {file}.");
            }
        });
    }

    [Fact]
    public void The_Dockerfile_builds_without_a_network_for_itself_and_knows_every_project_before_its_source()
    {
        Assert.DoesNotContain("# syntax", Dockerfile, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("@sha256", Dockerfile, StringComparison.Ordinal);
        var projects = ProjectPaths().Matches(File.ReadAllText(Path.Combine(ComposeFile.Root, "tools", "Run.slnf")))
            .Select(match => match.Groups[1].Value)
            .ToArray();
        Assert.NotEmpty(projects);
        Assert.All(projects, project =>
        {
            var folder = project[..(project.LastIndexOf('/') + 1)];
            Assert.Contains($"COPY {project} {folder}packages.lock.json {folder}\n", Dockerfile, StringComparison.Ordinal);
        });
    }

    [Theory]
    [InlineData("tools/chaos/Chaos.csproj", "build-cli")]
    [InlineData("tools/cli/Cli.csproj", "build-cli")]
    [InlineData("tools/launcher/Launcher.csproj", "build-cli")]
    [InlineData("simulators/payment-provider/PaymentProvider.csproj", "build")]
    public void What_a_project_includes_from_elsewhere_is_there_where_it_is_built(string project, string stage)
    {
        var copied = CopiedSources().Matches(Stage(stage)).Select(match => match.Groups[1].Value).ToArray();
        var included = IncludesFromElsewhere().Matches(File.ReadAllText(Path.Combine(ComposeFile.Root, project)))
            .Select(match => Path.GetRelativePath(
                ComposeFile.Root, Path.GetFullPath(
                    match.Groups[1].Value, Path.Combine(ComposeFile.Root, Path.GetDirectoryName(project)!)))).ToArray();

        Assert.NotEmpty(included);
        Assert.All(included, file => Assert.Contains(copied, folder => file.StartsWith(folder + "/", StringComparison.Ordinal)));
    }

    [Fact]
    public void The_database_server_is_set_as_the_local_one()
    {
        var local = PostgresSettings.Arguments(5432, durable: true).Where(argument => argument != "-c").Select(Setting).ToDictionary();
        var compose = ComposeFile.List(ComposeFile.Services["postgres"]["command"])
            .Where(argument => argument is not ("-c" or "postgres")).Select(Setting).ToDictionary();

        foreach (var key in new[] { "max_connections", "shared_buffers", "wal_compression", "max_wal_size" })
        {
            Assert.Equal(local[key], compose[key]);
        }

        Assert.All(compose.Keys.Except(local.Keys), key => Assert.StartsWith("tcp_", key));

        static KeyValuePair<string, string> Setting(string argument) =>
            KeyValuePair.Create(argument.Split('=')[0], argument.Split('=')[1]);
    }

    static string Stage(string name)
    {
        var start = Dockerfile.IndexOf($" AS {name}\n", StringComparison.Ordinal);
        var end = Dockerfile.IndexOf("\nFROM ", start, StringComparison.Ordinal);
        return end < 0 ? Dockerfile[start..] : Dockerfile[start..end];
    }

    static int Seconds(object? duration) =>
        int.Parse(Assert.IsType<string>(duration).TrimEnd('s'), System.Globalization.CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^FROM \S+ AS (\S+)$", RegexOptions.Multiline)]
    private static partial Regex StageNames();

    [GeneratedRegex(@"^COPY (\S+) \S+$", RegexOptions.Multiline)]
    private static partial Regex CopiedSources();

    [GeneratedRegex("<(?:Compile|EmbeddedResource|Content|None|ProjectReference) Include=\"(\\.\\./[^\"]+)\"")]
    private static partial Regex IncludesFromElsewhere();

    [GeneratedRegex("\"([^\"]+\\.csproj)\"")]
    private static partial Regex ProjectPaths();
}

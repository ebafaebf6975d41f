using System.Globalization;
using System.Text.Json.Nodes;
using Npgsql;
using Shop.Deployment.Tests.Kubernetes;
using Shop.Launcher.Running;

namespace Shop.Deployment.Tests;

/// <summary>The policies allow the connections that the settings ask for, and no other.</summary>
public sealed class KubernetesNetworkTests
{
    const string Shop = "shop";
    const string Internet = "the internet";

    // Every port that something listens on, ours or a server's.
    static readonly int[] _ports = [443, 4317, 4369, 5432, 5671, 5672, 6443, 8000, 8080, 15671, 15672, 15692, 16686, 25672];

    static readonly Pod _stranger = new("a stranger", "default", new Dictionary<string, string>());

    [Theory]
    [InlineData(Overlay.Local)]
    [InlineData(Overlay.Production)]
    public void Connections_that_are_configured_are_allowed_and_no_other_is(string name)
    {
        var overlay = Overlay.Build(name);
        var network = new Network([.. overlay.Of("NetworkPolicy")], Shop);

        Assert.Equal(Configured(overlay), Allowed(overlay, network));
    }

    /// <summary>Each end is closed by its own policy and does not rely on the other's.</summary>
    [Theory]
    [InlineData(Overlay.Local)]
    [InlineData(Overlay.Production)]
    public void Neither_end_would_let_through_more_than_the_other_does(string name)
    {
        var overlay = Overlay.Build(name);
        var network = new Network([.. overlay.Of("NetworkPolicy")], Shop);
        var own = overlay.Workloads.Select(PodOf).ToArray();
        var inside = own.Concat(Servers(overlay)).ToArray();
        var everybody = inside.Concat(OutsideOf(overlay)).Append(_stranger).ToArray();

        var more = from sender in everybody
                   from receiver in everybody
                   where sender.Name != receiver.Name
                   from port in _ports
                   where !network.Allows(sender, receiver, port)
                   // In the local overlay the gateway is open to everybody.
                   where name != Overlay.Local || receiver.Name != ShopPrograms.Gateway
                   where (own.Contains(sender) && network.LetsOut(sender, receiver, port))
                       || (inside.Contains(receiver) && network.LetsIn(sender, receiver, port))
                   select Connection(sender.Name, receiver.Name, port);
        Assert.Empty(more);
    }

    [Theory]
    [InlineData(Overlay.Local)]
    [InlineData(Overlay.Production)]
    public void Without_any_one_policy_something_else_is_allowed(string name)
    {
        var overlay = Overlay.Build(name);
        var configured = Configured(overlay);
        var policies = overlay.Of("NetworkPolicy").ToArray();
        // Connections of operators and their servers, and those to DNS, are not in our configuration.
        string[] others = ["names"];

        Assert.All(policies.Where(policy => !others.Contains(policy.Name())), policy =>
            Assert.NotEqual(configured, Allowed(overlay, new Network([.. policies.Except([policy])], Shop))));
    }

    [Theory]
    [InlineData(Overlay.Local)]
    [InlineData(Overlay.Production)]
    public void Every_pod_is_denied_everything_first_and_may_look_up_names(string name)
    {
        var policies = Overlay.Build(name).Of("NetworkPolicy").ToDictionary(policy => policy.Name());

        var deny = policies["default-deny"].At("spec")!.AsObject();
        Assert.Empty(deny["podSelector"]!.AsObject());
        Assert.Equal(["Ingress", "Egress"], deny["policyTypes"]!.AsArray().Select(type => type!.GetValue<string>()));
        Assert.Equal(["podSelector", "policyTypes"], deny.Select(field => field.Key));
        var names = Assert.Single(policies["names"].List("spec.egress"));
        Assert.Empty(policies["names"].At("spec.podSelector")!.AsObject());
        Assert.Equal(
            [("UDP", 53L), ("TCP", 53L)], names.List("ports").Select(port => (port.TextAt("protocol")!, port.NumberAt("port")!.Value)));
        Assert.Equal(
            "kube-system",
            Assert.Single(names.List("to")).At("namespaceSelector.matchLabels")!["kubernetes.io/metadata.name"]!.GetValue<string>());
    }

    // From the shop's own pods to all others, and from outside to them.
    static IReadOnlyList<string> Allowed(Overlay overlay, Network network)
    {
        var own = overlay.Workloads.Select(PodOf).ToArray();
        var all = own.Concat(Servers(overlay)).Concat(OutsideOf(overlay)).ToArray();
        return
        [
            .. from sender in own.Concat(OutsideOf(overlay)).Append(_stranger)
               from receiver in all
               where sender.Name != receiver.Name && (sender.Namespace == Shop || receiver.Namespace == Shop)
               from port in _ports
               where network.Allows(sender, receiver, port)
               orderby sender.Name, receiver.Name, port
               select Connection(sender.Name, receiver.Name, port),
            .. from sender in own
               from port in _ports
               where network.AllowsInternet(sender, port)
               orderby sender.Name, port
               select Connection(sender.Name, Internet, port),
        ];
    }

    static IReadOnlyList<string> Configured(Overlay overlay)
    {
        var all = overlay.Workloads.Select(PodOf).Concat(Servers(overlay)).Concat(OutsideOf(overlay)).ToArray();
        var connections = new HashSet<(string From, string To, int Port)>();
        foreach (var workload in overlay.Workloads)
        {
            foreach (var (host, port) in TargetsOf(overlay.SettingsOf(workload)))
            {
                connections.Add((workload.Name(), Resolve(overlay, all, host), port));
            }
        }

        // Only the gateway is open from outside. Behind it, operators have connections of their own to their servers.
        var doors = overlay.Name == Overlay.Local
            ? all.Append(_stranger).Where(pod => pod.Namespace != Shop).Select(pod => (pod.Name, ShopPrograms.Gateway, 8080))
            :
            [
                ("ingress", ShopPrograms.Gateway, 8080),
                ("keda", "rabbitmq", 5671), ("rabbitmq-operators", "rabbitmq", 15671),
                .. Replicas.Services.SelectMany(
                    service => new[] { ("postgres-operator", service + "-db", 5432), ("postgres-operator", service + "-db", 8000) }),
            ];
        connections.UnionWith(doors);
        return
        [
            .. connections.Where(connection => connection.To != Internet)
                .OrderBy(connection => (connection.From, connection.To, connection.Port)).Select(Text),
            .. connections.Where(connection => connection.To == Internet)
                .OrderBy(connection => (connection.From, connection.Port)).Select(Text),
        ];

        static string Text((string From, string To, int Port) connection) => Connection(connection.From, connection.To, connection.Port);
    }

    static IEnumerable<(string Host, int Port)> TargetsOf(IReadOnlyDictionary<string, string?> settings)
    {
        if (settings.TryGetValue("ConnectionStrings__Database", out var text))
        {
            var database = new NpgsqlConnectionStringBuilder(text);
            yield return (database.Host!, database.Port);
        }

        if (settings.TryGetValue("RabbitMq__Host", out var broker))
        {
            yield return (broker!, int.Parse(settings["RabbitMq__Port"]!, CultureInfo.InvariantCulture));
        }

        foreach (var (key, value) in settings)
        {
            if (key is "OTEL_EXPORTER_OTLP_ENDPOINT" or "CardNetwork__Url" or "Authentication__Authority"
                || key.EndsWith("__Address", StringComparison.Ordinal))
            {
                var url = new Uri(value!);
                yield return (url.Host, url.Port);
            }
        }
    }

    static string Resolve(Overlay overlay, Pod[] pods, string host)
    {
        if (overlay.Of("Service").FirstOrDefault(service => service.Name() == host) is { } service)
        {
            var selector = service.Texts("spec.selector");
            return pods.Single(pod =>
                pod.Namespace == Shop && selector.All(label => pod.Labels.GetValueOrDefault(label.Key) == label.Value)).Name;
        }

        // An operator names its cluster's services after it; a name with a namespace is what is there.
        return pods.FirstOrDefault(pod => host == pod.Name || host == pod.Name + "-rw" || host == $"{pod.Name}.{pod.Namespace}.svc")?.Name
            ?? Internet;
    }

    static Pod PodOf(JsonObject workload) => new(workload.Name(), Shop, workload.PodTemplate().Texts("metadata.labels"));

    // The labels that operators give to their pods.
    static IEnumerable<Pod> Servers(Overlay overlay) =>
    [
        .. overlay.Of("Cluster")
            .Select(cluster => new Pod(cluster.Name(), Shop, new Dictionary<string, string> { ["cnpg.io/cluster"] = cluster.Name() })),
        .. overlay.Of("RabbitmqCluster").Select(cluster => new Pod(
            cluster.Name(),
            Shop,
            new Dictionary<string, string> { ["app.kubernetes.io/name"] = cluster.Name(), ["app.kubernetes.io/component"] = "rabbitmq" })),
    ];

    static IEnumerable<Pod> OutsideOf(Overlay overlay) => overlay.Name == Overlay.Local
        ? []
        :
        [
            new("ingress", "ingress-nginx", new Dictionary<string, string>()),
            new("otel-collector", "observability", new Dictionary<string, string>()),
            new("keda", "keda", new Dictionary<string, string>()),
            new("postgres-operator", "cnpg-system", new Dictionary<string, string>()),
            new("rabbitmq-operators", "rabbitmq-system", new Dictionary<string, string>()),
        ];

    static string Connection(string sender, string receiver, int port) => $"{sender} -> {receiver}:{port}";
}

using System.Text.Json.Nodes;
using Shop.Deployment.Tests.Kubernetes;
using Shop.Launcher.Processes;

namespace Shop.Deployment.Tests;

/// <summary>The manifests are what Kubernetes 1.36 and kustomize take, and what they refer to is there.</summary>
public sealed class KubernetesTests
{
    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(Overlay.Local)]
    [InlineData(Overlay.Production)]
    public void Every_manifest_is_one_the_server_takes_with_strict_validation(string name)
    {
        var manifests = Overlay.Build(name).Manifests;

        Assert.NotEmpty(manifests);
        Assert.Empty(manifests.SelectMany(Problems));
    }

    [Fact]
    public async Task The_local_secrets_are_ones_the_server_takes_and_are_printed_the_same_way_each_time()
    {
        var secrets = await Overlay.LocalSecrets(Cancellation);

        Assert.Empty(secrets.SelectMany(Problems));
        Assert.All(secrets, secret => Assert.Equal("shop", secret.TextAt("metadata.namespace")));
    }

    [Theory]
    [InlineData("spec.template.spec.containers.0.imagePullPolice", "\"Always\"", "no such field")]
    [InlineData("spec.template.spec.containers.0.image", "17", "must be string")]
    [InlineData("spec.template.spec.containers.0.ports.0.containerPort", "\"8080\"", "must be integer")]
    [InlineData("spec.template.spec.containers.0.lifecycle.preStop.sleep.seconds", null, "seconds: is missing")]
    [InlineData("spec.template.spec.containers.0.resources.limits.memory", "true", "must be string")]
    [InlineData("spec.template.spec.enableServiceLinks", "\"false\"", "must be boolean")]
    [InlineData("spec.selector", null, "selector: is missing")]
    [InlineData("metadata.label", "{}", "no such field")]
    public void A_field_that_is_unknown_missing_or_of_another_type_is_found(string path, string? json, string problem)
    {
        var deployment = Overlay.Build(Overlay.Local).Get("Deployment", "ordering");

        Set(deployment, path, json);

        Assert.Contains(problem, Assert.Single(Problems(deployment)));
    }

    [Theory]
    [InlineData("Cluster", "ordering-db", "spec.instance", "3", "no such field")]
    [InlineData("ScaledObject", "ordering", "spec.triggers", null, "is missing")]
    [InlineData("ScaledObject", "ordering", "apiVersion", "\"keda.sh/v1\"", "no kind that is known")]
    public void A_slip_in_an_operators_resource_is_found(string kind, string name, string path, string? json, string problem)
    {
        var manifest = Overlay.Build(Overlay.Production).Get(kind, name);

        Set(manifest, path, json);

        Assert.Contains(problem, Assert.Single(Problems(manifest)));
    }

    [Theory]
    [InlineData("a: 1\na: 2")]
    [InlineData("a: yes")]
    public void Yaml_that_readers_understand_differently_is_refused(string text) =>
        Assert.ThrowsAny<Exception>(() => Yaml.Read(text));

    /// <summary>kubectl is in few distributions: where it is missing, our own reading of kustomize is all there is.</summary>
    [Theory]
    [InlineData(Overlay.Local)]
    [InlineData(Overlay.Production)]
    public async Task Kustomize_builds_what_these_tests_have_checked(string name)
    {
        var isThere = Environment.GetEnvironmentVariable("PATH")!.Split(':').Any(folder => File.Exists(Path.Combine(folder, "kubectl")));
        Assert.SkipUnless(isThere, "kubectl is not installed, so kustomize itself did not build k8s/" + name);

        var result = await Tool.Run(
            ["kubectl", "kustomize", Overlay.FolderOf(name)],
            environment: new Dictionary<string, string> { ["HOME"] = Path.GetTempPath() },
            cancellation: Cancellation);

        Assert.True(result.Succeeded, result.Output);
        var generated = Overlay.Build(name).Of("ConfigMap").Select(map => map.Name()).ToHashSet();
        Assert.Equal(
            Overlay.Build(name).Manifests.Select(Comparable.Text).Order(StringComparer.Ordinal),
            Yaml.Read(result.Output).Select(manifest => Comparable.Text(Comparable.WithoutHashes(manifest, generated))).Order(
                StringComparer.Ordinal));
    }

    [Theory]
    [InlineData(Overlay.Local)]
    [InlineData(Overlay.Production)]
    public async Task Whatever_a_manifest_refers_to_is_there(string name)
    {
        var manifests = Overlay.Build(name).Manifests;

        Assert.Empty(await Missing(name, manifests));
    }

    [Theory]
    [InlineData("ConfigMap", "payment-migrate")]
    [InlineData("ServiceAccount", "gateway")]
    [InlineData("Certificate", "inventory-tls")]
    [InlineData("ExternalSecret", "broker-monitor")]
    [InlineData("RabbitmqCluster", "rabbitmq")]
    [InlineData("Deployment", "payment")]
    public async Task What_is_referred_to_and_missing_is_found(string kind, string name)
    {
        var production = Overlay.Build(Overlay.Production);
        var manifests = production.Manifests.Except([production.Get(kind, name)]).ToArray();

        Assert.NotEmpty(await Missing(Overlay.Production, manifests));
    }

    static IReadOnlyList<string> Problems(JsonObject manifest) =>
        ApiSchema.Instance.Knows(manifest) ? ApiSchema.Instance.Problems(manifest) : CustomKinds.Problems(manifest);

    static async Task<IReadOnlyList<string>> Missing(string overlay, IReadOnlyList<JsonObject> manifests)
    {
        var others = overlay == Overlay.Local ? await Overlay.LocalSecrets(Cancellation) : [];
        return [.. manifests.SelectMany(References.Of).Distinct().Except(manifests.Concat(others).SelectMany(References.MadeBy))];
    }

    static void Set(JsonNode node, string path, string? json)
    {
        var steps = path.Split('.');
        foreach (var step in steps[..^1])
        {
            node = int.TryParse(step, out var index) ? node[index]! : node[step]!;
        }

        if (json is null)
        {
            node.AsObject().Remove(steps[^1]);
        }
        else
        {
            node[steps[^1]] = JsonNode.Parse(json);
        }
    }
}

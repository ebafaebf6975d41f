using System.Text.Json.Nodes;
using Shop.Launcher;
using Shop.Launcher.Processes;

namespace Shop.Deployment.Tests.Kubernetes;

/// <summary>A built overlay, and what comes with it from elsewhere.</summary>
sealed class Overlay
{
    public const string Local = "local";
    public const string Production = "production";

    Overlay(string name) => (Name, Manifests) = (name, Kustomization.Build(FolderOf(name)));

    public string Name { get; }

    public IReadOnlyList<JsonObject> Manifests { get; }

    /// <summary>Those of the shop and, in the local overlay, of its servers.</summary>
    public IEnumerable<JsonObject> Workloads => Manifests.Where(manifest => manifest.PodTemplate() is not null);

    public IEnumerable<JsonObject> Of(string kind) => Manifests.Where(manifest => manifest.Kind() == kind);

    public JsonObject Get(string kind, string name) =>
        Of(kind).SingleOrDefault(manifest => manifest.Name() == name)
            ?? throw new InvalidOperationException($"{Name}: there is no {kind}/{name}");

    /// <summary>A copy of its own for each test, which may break it.</summary>
    public static Overlay Build(string name) => new(name);

    public static string FolderOf(string name) => Path.Combine(Checkout.FindRoot(), "k8s", name);

    /// <summary>What the local overlay's script prints, with passwords of a system that does not exist.</summary>
    public static async Task<IReadOnlyList<JsonObject>> LocalSecrets(CancellationToken cancellation)
    {
        var folder = Directory.CreateTempSubdirectory("shop-secrets-").FullName;
        try
        {
            var result = await Tool.Run(
                [Path.Combine(FolderOf(Local), "secrets.sh")],
                environment: new Dictionary<string, string> { [Checkout.StateVariable] = folder },
                cancellation: cancellation);
            return result.Succeeded ? Yaml.Read(result.Output) : throw new InvalidOperationException(result.Output);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>The environment of a workload's only container: fixed values, and null for what comes from a Secret or the pod.</summary>
    public IReadOnlyDictionary<string, string?> SettingsOf(JsonObject workload)
    {
        var container = Assert.Single(workload.PodTemplate().List("spec.containers"));
        var settings = new Dictionary<string, string?>();
        foreach (var source in container.List("envFrom"))
        {
            foreach (var (key, value) in Get("ConfigMap", source.TextAt("configMapRef.name")!).Texts("data"))
            {
                settings[key] = value;
            }
        }

        foreach (var variable in container.List("env"))
        {
            settings[variable.TextAt("name")!] = variable.TextAt("value");
        }

        return settings;
    }
}

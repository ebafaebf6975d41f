using System.Text.Json.Nodes;

namespace Shop.Deployment.Tests.Kubernetes;

/// <summary>What all manifests have in common.</summary>
static class Manifest
{
    public static (string ApiVersion, string Kind) TypeOf(JsonObject manifest) => (Text(manifest, "apiVersion"), Text(manifest, "kind"));

    public static string Kind(this JsonObject manifest) => Text(manifest, "kind");

    public static string Name(this JsonObject manifest) => Text(manifest.At("metadata")!, "name");

    /// <summary>Kind and name, such as <c>Deployment/ordering</c>.</summary>
    public static string NameOf(JsonObject manifest) => $"{manifest.Kind()}/{manifest.Name()}";

    /// <summary>The node at a path such as <c>spec.template.spec</c>; null if there is none.</summary>
    public static JsonNode? At(this JsonNode? node, string path) =>
        path.Split('.').Aggregate(node, (at, name) => at is JsonObject fields ? fields[name] : null);

    public static string? TextAt(this JsonNode? node, string path) => node.At(path)?.GetValue<string>();

    public static long? NumberAt(this JsonNode? node, string path) => node.At(path)?.GetValue<long>();

    /// <summary>The items of a list of objects; none if there is no list.</summary>
    public static IEnumerable<JsonObject> List(this JsonNode? node, string path) =>
        node.At(path) is JsonArray list ? list.OfType<JsonObject>() : [];

    public static IReadOnlyDictionary<string, string> Texts(this JsonNode? node, string path) => node.At(path) is JsonObject fields
        ? fields.ToDictionary(pair => pair.Key, pair => pair.Value!.GetValue<string>())
        : [];

    /// <summary>The pods a workload makes; null for other kinds.</summary>
    public static JsonObject? PodTemplate(this JsonObject manifest) =>
        manifest.Kind() is "Deployment" or "StatefulSet" or "Job" ? manifest.At("spec.template") as JsonObject : null;

    static string Text(JsonNode node, string name) =>
        node.TextAt(name) ?? throw new FormatException($"there is no {name} in {node.ToJsonString()}");
}

using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Shop.Deployment.Tests.Kubernetes;

/// <summary>A form of manifests in which the order of fields, and of lists whose items have names, makes no difference.</summary>
static partial class Comparable
{
    public static string Text(JsonObject manifest) => Sorted(manifest)!.ToJsonString();

    /// <summary>Kustomize ends the names of what it generates with a hash of the content.</summary>
    public static JsonObject WithoutHashes(JsonObject manifest, IReadOnlySet<string> generated) =>
        Replace(manifest, text => Hashed().Match(text) is { Success: true } match && generated.Contains(match.Groups[1].Value)
            ? match.Groups[1].Value
            : text)!.AsObject();

    static JsonNode? Sorted(JsonNode? node) => node switch
    {
        JsonObject fields => new JsonObject(fields.OrderBy(pair => pair.Key, StringComparer.Ordinal)
            .Select(pair => KeyValuePair.Create(pair.Key, Sorted(pair.Value)))),
        JsonArray list when list.All(item => item is JsonObject) =>
            new JsonArray([.. list.Select(Sorted).OrderBy(item => item!.ToJsonString(), StringComparer.Ordinal)]),
        JsonArray list => new JsonArray([.. list.Select(Sorted)]),
        _ => node?.DeepClone(),
    };

    static JsonNode? Replace(JsonNode? node, Func<string, string> change) => node switch
    {
        JsonObject fields => new JsonObject(fields.Select(pair => KeyValuePair.Create(pair.Key, Replace(pair.Value, change)))),
        JsonArray list => new JsonArray([.. list.Select(item => Replace(item, change))]),
        JsonValue value when value.TryGetValue<string>(out var text) => JsonValue.Create(change(text)),
        _ => node?.DeepClone(),
    };

    [GeneratedRegex("^(.+)-[a-z0-9]{10}$")]
    private static partial Regex Hashed();
}

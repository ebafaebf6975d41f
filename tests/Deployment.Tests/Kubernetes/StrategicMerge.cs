using System.Text.Json;
using System.Text.Json.Nodes;

namespace Shop.Deployment.Tests.Kubernetes;

/// <summary>Kubernetes' strategic merge: fields merge, and lists do where the API names the key their items are told by.</summary>
static class StrategicMerge
{
    public static void Apply(JsonObject target, JsonObject patch) => Apply(target, patch, ApiSchema.Instance.Of(target));

    static void Apply(JsonObject target, JsonObject patch, JsonElement? schema)
    {
        foreach (var (name, value) in patch)
        {
            if (name.StartsWith('$'))
            {
                throw new NotSupportedException($"The directive {name} is not supported.");
            }

            var field = ApiSchema.Instance.Field(schema, name);
            switch (target[name], value)
            {
                case (_, null):
                    target.Remove(name);
                    break;
                case (JsonObject old, JsonObject changes):
                    Apply(old, changes, field);
                    break;
                case (JsonArray old, JsonArray changes) when KeyOf(field) is { } key:
                    Merge(old, changes, key, ApiSchema.Items(field));
                    break;
                default:
                    target[name] = value.DeepClone();
                    break;
            }
        }
    }

    static void Merge(JsonArray target, JsonArray changes, string key, JsonElement? schema)
    {
        foreach (var change in changes.Cast<JsonObject>())
        {
            if (target.Cast<JsonObject>().FirstOrDefault(item => JsonNode.DeepEquals(item[key], change[key])) is { } same)
            {
                Apply(same, change, schema);
            }
            else
            {
                target.Add(change.DeepClone());
            }
        }
    }

    static string? KeyOf(JsonElement? field) =>
        field is { } known
        && known.TryGetProperty("x-kubernetes-patch-strategy", out var strategy) && strategy.GetString()!.Split(',').Contains("merge")
        && known.TryGetProperty("x-kubernetes-patch-merge-key", out var key)
            ? key.GetString()
            : null;
}

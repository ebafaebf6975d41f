using System.Text.Json.Nodes;

namespace Shop.Gateway;

/// <summary>Several OpenAPI documents as one. A schema that two services call the same gets the second one's name in front.</summary>
sealed class MergedDocument
{
    const string Reference = "$ref";
    const string SchemaPrefix = "#/components/schemas/";

    readonly JsonObject _paths = [];
    readonly JsonObject _schemas = [];
    readonly SortedSet<string> _tags = new(StringComparer.Ordinal);

    public void Add(string service, JsonObject document)
    {
        var schemas = document["components"]?["schemas"] as JsonObject ?? [];
        var names = NewNames(service, schemas);
        Rename(document, names);
        Move(schemas, _schemas, names);
        Move(document["paths"] as JsonObject ?? [], _paths, []);
        _tags.UnionWith((document["tags"] as JsonArray ?? []).Select(tag => tag!["name"]!.GetValue<string>()));
    }

    public override string ToString() => new JsonObject
    {
        ["openapi"] = "3.1.1",
        ["info"] = new JsonObject { ["title"] = "Shop", ["version"] = "v1" },
        ["paths"] = _paths.DeepClone(),
        ["components"] = new JsonObject
        {
            ["schemas"] = _schemas.DeepClone(),
            ["securitySchemes"] = new JsonObject
            {
                ["bearer"] = new JsonObject { ["type"] = "http", ["scheme"] = "bearer", ["bearerFormat"] = "JWT" },
            },
        },
        ["security"] = new JsonArray(new JsonObject { ["bearer"] = new JsonArray() }),
        ["tags"] = new JsonArray([.. _tags.Select(tag => new JsonObject { ["name"] = tag })]),
    }.ToJsonString();

    Dictionary<string, string> NewNames(string service, JsonObject schemas) => schemas
        .Where(schema => _schemas[schema.Key] is { } taken && !JsonNode.DeepEquals(taken, schema.Value))
        .ToDictionary(schema => schema.Key, schema => char.ToUpperInvariant(service[0]) + service[1..] + schema.Key);

    static void Rename(JsonNode? node, Dictionary<string, string> names)
    {
        if (node is JsonArray items)
        {
            foreach (var item in items)
            {
                Rename(item, names);
            }
        }

        if (node is not JsonObject properties)
        {
            return;
        }

        if (properties[Reference]?.GetValue<string>() is { } reference && reference.StartsWith(SchemaPrefix, StringComparison.Ordinal)
            && names.TryGetValue(reference[SchemaPrefix.Length..], out var renamed))
        {
            properties[Reference] = SchemaPrefix + renamed;
        }

        foreach (var (_, value) in properties)
        {
            Rename(value, names);
        }
    }

    static void Move(JsonObject from, JsonObject to, Dictionary<string, string> names)
    {
        foreach (var (name, value) in from)
        {
            to[names.GetValueOrDefault(name, name)] = value?.DeepClone();
        }
    }
}

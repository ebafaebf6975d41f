using System.Text.Json.Nodes;

namespace Shop.Gateway;

/// <summary>
/// Several OpenAPI documents as one: routes for customers in the order in which they were added, then routes for operators. If two services
/// have a schema of the same name, the second one gets its service's name in front.
/// </summary>
sealed class MergedDocument
{
    const string Reference = "$ref";
    const string SchemaPrefix = "#/components/schemas/";

    const string OpsPath = "/ops/";
    const string OpsTag = "Operations";

    const string Words =
        """
        A request needs a bearer token, except where it says otherwise. On the machine the shop runs on, `./shop token alice` prints one for a customer
        called alice, and `./shop token bob --role staff` one for staff; elsewhere the issuer of your tokens gives it. Paste it as the Bearer Token here.

        A first order: the example of `POST /orders`, sent as it stands. Errors are problem details (RFC 9457) and say what to do.
        """;

    readonly JsonObject _paths = [];
    readonly JsonObject _schemas = [];
    readonly List<string> _tags = [];
    readonly List<string> _missing = [];

    public void Add(string service, JsonObject part)
    {
        var document = part.DeepClone().AsObject();
        var schemas = document["components"]?["schemas"] as JsonObject ?? [];
        var names = NewNames(service, schemas);
        Rename(document, names);
        Move(schemas, _schemas, names);
        Move(document["paths"] as JsonObject ?? [], _paths, []);
        _tags.AddRange((document["tags"] as JsonArray ?? []).Select(tag => tag!["name"]!.GetValue<string>()).Except(_tags));
    }

    /// <summary>Says that a service's part is not there.</summary>
    public void Miss(string service) => _missing.Add(service);

    public override string ToString() => new JsonObject
    {
        ["openapi"] = "3.1.1",
        ["info"] = new JsonObject { ["title"] = "Shop", ["version"] = "v1", ["description"] = Description },
        ["paths"] = new JsonObject(_paths.OrderBy(path => path.Key.StartsWith(OpsPath, StringComparison.Ordinal))
            .Select(path => new KeyValuePair<string, JsonNode?>(path.Key, path.Value?.DeepClone()))),
        ["components"] = new JsonObject
        {
            ["schemas"] = _schemas.DeepClone(),
            ["securitySchemes"] = new JsonObject
            {
                ["bearer"] = new JsonObject { ["type"] = "http", ["scheme"] = "bearer", ["bearerFormat"] = "JWT" },
            },
        },
        ["security"] = new JsonArray(new JsonObject { ["bearer"] = new JsonArray() }),
        ["tags"] = new JsonArray([.. _tags.OrderBy(tag => tag == OpsTag).Select(tag => new JsonObject { ["name"] = tag })]),
    }.ToJsonString();

    string Description => _missing is []
        ? Words
        : $"{Words}\n\n**Not here at the moment: the routes of {string.Join(" and ", _missing)}**, which did not answer. Load the page again in a while.";

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

using System.Globalization;
using System.IO.Compression;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Shop.Deployment.Tests.Kubernetes;

/// <summary>
/// The API of Kubernetes 1.36. Checks like its server with strict field validation: an unknown field, a missing field and a wrong type are
/// errors.
/// </summary>
sealed class ApiSchema
{
    const string Resource = "kubernetes-1.36-openapi-v2.json.gz";
    const string Reference = "#/definitions/";
    const string Quantity = "io.k8s.apimachinery.pkg.api.resource.Quantity";

    readonly JsonElement _definitions;
    readonly Dictionary<(string ApiVersion, string Kind), string> _kinds = [];

    ApiSchema(JsonElement definitions)
    {
        _definitions = definitions;
        foreach (var definition in definitions.EnumerateObject())
        {
            if (definition.Value.TryGetProperty("x-kubernetes-group-version-kind", out var kinds) && kinds.GetArrayLength() == 1)
            {
                var (group, version) = (kinds[0].GetProperty("group").GetString()!, kinds[0].GetProperty("version").GetString()!);
                _kinds[(group == "" ? version : $"{group}/{version}", kinds[0].GetProperty("kind").GetString()!)] = definition.Name;
            }
        }
    }

    public static ApiSchema Instance { get; } = Load();

    public bool Knows(JsonObject manifest) => _kinds.ContainsKey(Manifest.TypeOf(manifest));

    /// <summary>The errors that the server would report for a manifest of a known kind.</summary>
    public IReadOnlyList<string> Problems(JsonObject manifest)
    {
        var problems = new List<string>();
        Check(manifest, Definition(_kinds[Manifest.TypeOf(manifest)]), Manifest.NameOf(manifest), problems);
        return problems;
    }

    /// <summary>The schema of a manifest's kind; null for kinds that do not belong to Kubernetes itself.</summary>
    public JsonElement? Of(JsonObject manifest) => Knows(manifest) ? Definition(_kinds[Manifest.TypeOf(manifest)]) : null;

    /// <summary>The schema of a field; null where any field may be, or the schema is not known.</summary>
    public JsonElement? Field(JsonElement? schema, string name)
    {
        if (schema is not { } known)
        {
            return null;
        }

        var resolved = Resolve(known);
        return resolved.TryGetProperty("properties", out var properties) && properties.TryGetProperty(name, out var field) ? field : null;
    }

    /// <summary>The schema of an array's items.</summary>
    public static JsonElement? Items(JsonElement? schema) =>
        schema is { } known && known.TryGetProperty("items", out var items) ? items : null;

    void Check(JsonNode? value, JsonElement schema, string path, List<string> problems)
    {
        if (schema.TryGetProperty("$ref", out var reference))
        {
            var name = reference.GetString()![Reference.Length..];
            if (name == Quantity && value is JsonValue && value.GetValueKind() is JsonValueKind.String or JsonValueKind.Number)
            {
                return;
            }

            schema = Definition(name);
        }

        var type = schema.TryGetProperty("type", out var declared) ? declared.GetString() : null;
        var format = schema.TryGetProperty("format", out var formatted) ? formatted.GetString() : null;
        if (value is null)
        {
            problems.Add($"{path}: is empty");
        }
        else if (!Fits(value, type, format))
        {
            problems.Add($"{path}: must be {type}{(format is null ? "" : $" ({format})")}, not {value.ToJsonString()}");
        }
        else if (value is JsonArray list && schema.TryGetProperty("items", out var items))
        {
            for (var index = 0; index < list.Count; index++)
            {
                Check(list[index], items, $"{path}[{index}]", problems);
            }
        }
        else if (value is JsonObject fields && type == "object")
        {
            CheckFields(fields, schema, path, problems);
        }
    }

    void CheckFields(JsonObject fields, JsonElement schema, string path, List<string> problems)
    {
        if (schema.TryGetProperty("required", out var required))
        {
            problems.AddRange(required.EnumerateArray().Select(name => name.GetString()!)
                .Where(name => !fields.ContainsKey(name)).Select(name => $"{path}.{name}: is missing"));
        }

        var isOpen = schema.TryGetProperty("additionalProperties", out var others);
        var isKnown = schema.TryGetProperty("properties", out var properties);
        foreach (var (name, value) in fields)
        {
            if (isKnown && properties.TryGetProperty(name, out var field))
            {
                Check(value, field, $"{path}.{name}", problems);
            }
            else if (isOpen)
            {
                Check(value, others, $"{path}.{name}", problems);
            }
            else if (isKnown)
            {
                problems.Add($"{path}.{name}: no such field");
            }
        }
    }

    static bool Fits(JsonNode value, string? type, string? format) => (type, value.GetValueKind()) switch
    {
        (null, _) => true,
        ("string", JsonValueKind.Number) => format == "int-or-string" && IsWhole(value, "int32"),
        ("string", JsonValueKind.String) => format != "byte" || IsBase64(value.GetValue<string>()),
        ("integer", JsonValueKind.Number) => IsWhole(value, format),
        ("number", JsonValueKind.Number) => true,
        ("boolean", JsonValueKind.True or JsonValueKind.False) => true,
        ("array", JsonValueKind.Array) => true,
        ("object", JsonValueKind.Object) => true,
        _ => false,
    };

    static bool IsWhole(JsonNode value, string? format) =>
        long.TryParse(value.ToJsonString(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
        && (format != "int32" || number is >= int.MinValue and <= int.MaxValue);

    static bool IsBase64(string text) => System.Buffers.Text.Base64.IsValid(text);

    JsonElement Resolve(JsonElement schema) =>
        schema.TryGetProperty("$ref", out var reference) ? Definition(reference.GetString()![Reference.Length..]) : schema;

    JsonElement Definition(string name) => _definitions.GetProperty(name);

    static ApiSchema Load()
    {
        using var resource = typeof(ApiSchema).Assembly.GetManifestResourceStream(Resource)!;
        using var unpacked = new GZipStream(resource, CompressionMode.Decompress);
        return new(JsonDocument.Parse(unpacked).RootElement.GetProperty("definitions"));
    }
}

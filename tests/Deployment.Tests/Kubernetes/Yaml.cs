using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Shop.Deployment.Tests.Kubernetes;

/// <summary>YAML as Kubernetes' own tools read it, as JSON. Keys that are there twice are an error.</summary>
static partial class Yaml
{
    // Some readers of YAML take these words for true, false or null, so they must be quoted.
    static readonly HashSet<string> _ambiguous = new(["y", "n", "yes", "no", "on", "off", "~"], StringComparer.OrdinalIgnoreCase);

    public static IReadOnlyList<JsonObject> ReadFile(string file)
    {
        try
        {
            return Read(File.ReadAllText(file));
        }
        catch (Exception error) when (error is YamlException or FormatException)
        {
            throw new FormatException($"{file}: {error.Message}", error);
        }
    }

    public static IReadOnlyList<JsonObject> Read(string text)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(text));
        return [.. stream.Documents.Select(document => Convert(document.RootNode)).OfType<JsonObject>()];
    }

    static JsonNode? Convert(YamlNode node) => node switch
    {
        YamlMappingNode mapping => new JsonObject(mapping.Children.Select(
            pair => KeyValuePair.Create(((YamlScalarNode)pair.Key).Value!, Convert(pair.Value)))),
        YamlSequenceNode sequence => new JsonArray([.. sequence.Children.Select(Convert)]),
        YamlScalarNode { Style: ScalarStyle.Plain } scalar => Plain(scalar.Value ?? ""),
        YamlScalarNode scalar => JsonValue.Create(scalar.Value),
        _ => throw new FormatException($"{node.Start}: {node.NodeType} is not supported"),
    };

    static JsonValue? Plain(string text) => text switch
    {
        "" or "null" => null,
        "true" => JsonValue.Create(true),
        "false" => JsonValue.Create(false),
        _ when _ambiguous.Contains(text) =>
            throw new FormatException($"\"{text}\" needs quotes: it means different things to different readers"),
        _ when Octal().IsMatch(text) => JsonValue.Create(System.Convert.ToInt64(text, 8)),
        _ when Integer().IsMatch(text) => JsonValue.Create(long.Parse(text, CultureInfo.InvariantCulture)),
        _ when Fraction().IsMatch(text) => JsonValue.Create(double.Parse(text, CultureInfo.InvariantCulture)),
        _ => JsonValue.Create(text),
    };

    [GeneratedRegex("^0[0-7]+$")]
    private static partial Regex Octal();

    [GeneratedRegex("^-?(0|[1-9][0-9]*)$")]
    private static partial Regex Integer();

    [GeneratedRegex(@"^-?[0-9]+\.[0-9]+([eE][+-]?[0-9]+)?$")]
    private static partial Regex Fraction();
}

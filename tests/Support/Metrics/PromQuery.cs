using System.Text.Json;
using System.Text.RegularExpressions;

namespace Shop.Support.Metrics;

/// <summary>A PromQL expression that stands in deploy/observability.</summary>
/// <param name="Place">Which dashboard and panel, or which rule.</param>
public sealed partial record PromQuery(string Place, string Text)
{
    static readonly HashSet<string> _words =
        ["and", "or", "unless", "bool", "offset", "by", "without", "on", "ignoring", "group_left", "group_right"];

    /// <summary>The metrics it reads, and the labels it chooses them by.</summary>
    public IEnumerable<(string Metric, string[] Labels)> Selectors() =>
        Selector().Matches(Grouping().Replace(Text, " "))
            .Where(match => !_words.Contains(match.Groups["name"].Value))
            .Select(match => (
                match.Groups["name"].Value,
                Label().Matches(match.Groups["labels"].Value).Select(label => label.Groups[1].Value).ToArray()));

    /// <summary>The labels it keeps of several series.</summary>
    public IEnumerable<string> Groups() =>
        Grouping().Matches(Text)
            .SelectMany(match => match.Groups[1].Value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));

    /// <summary>All panels of all dashboards; Grafana's own variables have a value.</summary>
    public static IReadOnlyList<PromQuery> OfDashboards(string root) =>
    [
        .. from file in Directory.GetFiles(Path.Combine(root, "deploy", "observability", "dashboards"), "*.json")
            .Order(StringComparer.Ordinal)
        let dashboard = JsonDocument.Parse(File.ReadAllText(file)).RootElement
        from panel in dashboard.GetProperty("panels").EnumerateArray()
        where panel.TryGetProperty("targets", out _)
        from target in panel.GetProperty("targets").EnumerateArray()
        select new PromQuery(
            $"{Path.GetFileName(file)}, {panel.GetProperty("title").GetString()}",
            target.GetProperty("expr").GetString()!.Replace("$__rate_interval", "5m", StringComparison.Ordinal)
                .Replace("$__range", "1h", StringComparison.Ordinal)),
    ];

    /// <summary>All rules, recording and alerting, and the names of what the recording ones record.</summary>
    public static (IReadOnlyList<PromQuery> Queries, IReadOnlySet<string> Recorded) OfRules(string root)
    {
        var text = File.ReadAllText(Path.Combine(root, "deploy", "observability", "alerts.yml"));
        var queries = Rule().Matches(text)
            .Select(match => new PromQuery(match.Groups["name"].Value, match.Groups["expr"].Value.TrimStart('|')))
            .ToArray();
        return (queries, Recording().Matches(text).Select(match => match.Groups[1].Value).ToHashSet());
    }

    [GeneratedRegex(@"\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)")]
    private static partial Regex Grouping();

    // A name that no parenthesis follows: with one it is a function.
    [GeneratedRegex(@"(?<![\w:$""])(?<name>[a-zA-Z_:][\w:]*)(?![\w:]|\s*\()\s*(?<labels>\{[^}]*\})?")]
    private static partial Regex Selector();

    [GeneratedRegex(@"(\w+)\s*(?:=~|!~|!=|=)")]
    private static partial Regex Label();

    // An expression goes on over all lines that are indented further.
    [GeneratedRegex(@"- (?:record|alert): (?<name>\S+)\n(?:\s+#.*\n)*\s+expr: (?<expr>\|\n(?:          .*\n?)+|.*)")]
    private static partial Regex Rule();

    [GeneratedRegex(@"- record: (\S+)")]
    private static partial Regex Recording();
}

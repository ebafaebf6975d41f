using System.Globalization;
using System.Net.Http.Headers;
using System.Text.RegularExpressions;

namespace Shop.Support.Metrics;

/// <summary>The metrics of a process at /metrics, as OpenMetrics.</summary>
public sealed partial class Scrape
{
    readonly List<(string Name, IReadOnlyDictionary<string, string> Labels, double Value)> _samples = [];
    readonly Dictionary<string, string> _families = [];

    Scrape(string text)
    {
        Text = text;
        foreach (var line in text.Split('\n'))
        {
            if (Family().Match(line) is { Success: true } family)
            {
                _families[family.Groups[1].Value] = family.Groups[2].Value;
            }
            else if (Sample().Match(line) is { Success: true } sample)
            {
                var labels = Label().Matches(sample.Groups[2].Value)
                    .ToDictionary(label => label.Groups[1].Value, label => label.Groups[2].Value);
                _samples.Add((sample.Groups[1].Value, labels, double.Parse(sample.Groups[3].Value, CultureInfo.InvariantCulture)));
            }
        }
    }

    public string Text { get; }

    /// <summary>Name, without what Prometheus appends to it, and type of every metric.</summary>
    public IReadOnlyDictionary<string, string> Families => _families;

    /// <summary>Every name that can be asked for.</summary>
    public IEnumerable<string> Names => _samples.Select(sample => sample.Name).Distinct();

    /// <exception cref="HttpRequestException">It does not show its metrics.</exception>
    public static async Task<Scrape> Of(HttpClient process, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "metrics");
        request.Headers.Accept.Add(MediaTypeWithQualityHeaderValue.Parse("application/openmetrics-text; version=1.0.0"));
        using var answer = await process.SendAsync(request, cancellation);
        return new(await answer.EnsureSuccessStatusCode().Content.ReadAsStringAsync(cancellation));
    }

    /// <summary>The labels that series of this name or family have.</summary>
    public IReadOnlySet<string> LabelsOf(string name) =>
        _samples.Where(sample => Belongs(sample.Name, name)).SelectMany(sample => sample.Labels.Keys).ToHashSet();

    /// <summary>The sum of all series of this name with these labels; 0 if there are none.</summary>
    public double Sum(string name, params (string Label, string Value)[] labels) =>
        _samples.Where(sample => sample.Name == name && labels.All(label => sample.Labels.GetValueOrDefault(label.Label) == label.Value))
            .Sum(sample => sample.Value);

    static bool Belongs(string sample, string name) =>
        sample == name || sample == name + "_total" || sample == name + "_bucket" || sample == name + "_count" || sample == name + "_sum";

    [GeneratedRegex("^# TYPE (\\S+) (\\S+)")]
    private static partial Regex Family();

    // What comes after the value is an exemplar.
    [GeneratedRegex(@"^([a-zA-Z_:][\w:]*)(\{.*?\})? (\S+)(?: |$)")]
    private static partial Regex Sample();

    [GeneratedRegex("(\\w+)=\"([^\"]*)\"")]
    private static partial Regex Label();
}

using System.Text.Json;
using Shop.Launcher;
using Shop.Support.Metrics;

namespace Shop.Cli.Tests.Observability;

/// <summary>
/// The dashboards can be provisioned as they are, and their queries are valid. EndToEnd.Tests checks that the metrics exist.
/// </summary>
public sealed class DashboardTests
{
    static readonly string _root = Checkout.FindRoot();
    static readonly string _folder = Path.Combine(_root, "deploy", "observability", "dashboards");

    public static TheoryData<string> Files => [.. Directory.GetFiles(_folder, "*.json").Select(file => Path.GetFileName(file)!)];

    [Theory]
    [MemberData(nameof(Files))]
    public void A_dashboard_is_complete(string file)
    {
        var dashboard = JsonDocument.Parse(File.ReadAllText(Path.Combine(_folder, file))).RootElement;
        var panels = dashboard.GetProperty("panels").EnumerateArray().ToArray();

        Assert.Equal(Path.GetFileNameWithoutExtension(file), dashboard.GetProperty("uid").GetString());
        // Grafana numbers an imported dashboard itself.
        Assert.Equal(JsonValueKind.Null, dashboard.GetProperty("id").ValueKind);
        Assert.NotEmpty(panels);
        Assert.Equal(panels.Length, panels.Select(panel => panel.GetProperty("id").GetInt32()).Distinct().Count());
        Assert.Equal(panels.Length, panels.Select(panel => panel.GetProperty("title").GetString()).Distinct().Count());
        Assert.All(panels.Where(panel => panel.GetProperty("type").GetString() != "row"), panel =>
        {
            Assert.NotEmpty(panel.GetProperty("description").GetString()!);
            Assert.NotEmpty(panel.GetProperty("targets").EnumerateArray());
            Assert.Equal("prometheus", panel.GetProperty("datasource").GetProperty("uid").GetString());
        });
        Assert.Empty(Overlaps(panels));
    }

    [Fact]
    public async Task Prometheus_understands_every_query()
    {
        var file = Path.Combine(Path.GetTempPath(), $"queries-{Guid.NewGuid():N}.yml");
        var rules = PromQuery.OfDashboards(_root).Select((query, number) => new { record = $"query:{number}", expr = query.Text });
        await File.WriteAllTextAsync(
            file,
            // JSON is YAML.
            JsonSerializer.Serialize(new { groups = new[] { new { name = "dashboards", rules } } }),
            TestContext.Current.CancellationToken);
        try
        {
            await AlertTests.MustPass("check", "rules", file);
        }
        finally
        {
            File.Delete(file);
        }
    }

    static IEnumerable<string> Overlaps(JsonElement[] panels) =>
        from one in panels
        from other in panels
        where one.GetProperty("id").GetInt32() < other.GetProperty("id").GetInt32()
            && Overlap(one.GetProperty("gridPos"), other.GetProperty("gridPos"))
        select $"{one.GetProperty("title")} and {other.GetProperty("title")}";

    static bool Overlap(JsonElement one, JsonElement other) => Overlap(one, other, "x", "w") && Overlap(one, other, "y", "h");

    static bool Overlap(JsonElement one, JsonElement other, string from, string length) =>
        one.GetProperty(from).GetInt32() < other.GetProperty(from).GetInt32() + other.GetProperty(length).GetInt32()
        && other.GetProperty(from).GetInt32() < one.GetProperty(from).GetInt32() + one.GetProperty(length).GetInt32();
}

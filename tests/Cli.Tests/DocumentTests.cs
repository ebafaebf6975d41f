using System.Text.RegularExpressions;
using Shop.Chaos.Drills;

namespace Shop.Cli.Tests;

/// <summary>Drills, alerts, test classes, files and pages that the documents name exist.</summary>
public sealed partial class DocumentTests
{
    static readonly string _root = FindRoot();

    public static TheoryData<string> Documents =>
    [
        .. Directory.GetFiles(_root, "*.md")
            .Concat(Directory.GetFiles(Path.Combine(_root, "docs"), "*.md", SearchOption.AllDirectories))
            .Select(file => Path.GetRelativePath(_root, file)),
    ];

    [Fact]
    public void Every_drill_has_its_row_in_the_table_of_failures()
    {
        var table = File.ReadAllText(Path.Combine(_root, "docs", "failures.md"));

        Assert.All(DrillCatalogue.All, drill => Assert.Contains($"`{drill.Name}`", table, StringComparison.Ordinal));
    }

    [Fact]
    public void Every_alert_has_its_row_in_the_table_of_alerts()
    {
        var table = Read(Path.Combine("docs", "metrics.md"));

        Assert.All(
            Alert().Matches(Read(Path.Combine("deploy", "observability", "alerts.yml"))),
            alert => Assert.Contains($"`{alert.Groups[1].Value}`", table, StringComparison.Ordinal));
    }

    [Fact]
    public void Every_decision_is_in_the_index()
    {
        var folder = Path.Combine("docs", "decisions");

        Assert.Equal(
            Directory.GetFiles(Path.Combine(_root, folder), "0*.md")
                .Select(file => (Path.GetFileName(file), Title().Match(Read(Path.Combine(folder, Path.GetFileName(file)))).Groups[1].Value))
                .Order(),
            IndexEntry().Matches(Read(Path.Combine(folder, "README.md"))).Select(entry => (entry.Groups[1].Value, entry.Groups[2].Value))
                .Order());
    }

    [Theory]
    [MemberData(nameof(Documents))]
    public void Links_lead_to_a_file_and_a_heading(string document)
    {
        var broken = Link().Matches(Read(document))
            .Where(link => !TargetExists(document, link.Groups[1].Value, link.Groups[2].Value))
            .Select(link => link.Value);

        Assert.Empty(broken);
    }

    [Theory]
    [MemberData(nameof(Documents))]
    public void Drills_that_are_named_exist(string document)
    {
        var names = DrillCatalogue.All.Select(drill => drill.Name).Append("all").Append("short");

        Assert.Empty(Drill().Matches(Read(document)).Select(match => match.Groups[1].Value).Except(names));
    }

    [Theory]
    [MemberData(nameof(Documents))]
    public void Test_classes_that_are_named_exist(string document)
    {
        var missing = TestClass().Matches(Read(document))
            .Select(match => (Project: match.Groups[1].Value, Class: match.Groups[2].Value))
            .Where(test => !Directory.EnumerateFiles(Path.Combine(
                _root, "tests", test.Project), $"{test.Class}.cs", SearchOption.AllDirectories).Any());

        Assert.Empty(missing);
    }

    [Theory]
    [MemberData(nameof(Documents))]
    public void Files_that_are_named_exist(string document)
    {
        var missing = Place().Matches(Read(document))
            .Select(match => match.Groups[1].Value)
            .Where(place => !Path.Exists(Path.Combine(_root, place)) && !Path.Exists(Path.Combine(_root, place + ".cs")));

        Assert.Empty(missing);
    }

    static bool TargetExists(string document, string file, string heading)
    {
        var target = file is "" ? document : Path.GetRelativePath(_root, Path.Combine(_root, Path.GetDirectoryName(document)!, file));
        return Path.Exists(Path.Combine(_root, target))
            && (heading is "" || Heading().Matches(Read(target)).Select(line => Anchor(line.Groups[1].Value)).Contains(heading));
    }

    // Anchors have the form that code hosts give them.
    static string Anchor(string heading) => NoAnchor().Replace(heading.Trim().ToLowerInvariant(), "").Replace(' ', '-');

    static string Read(string document) => File.ReadAllText(Path.Combine(_root, document));

    static string FindRoot()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Shop.sln")))
        {
            folder = Path.GetDirectoryName(folder)!;
        }

        return folder;
    }

    [GeneratedRegex(@"- alert: (\w+)")]
    private static partial Regex Alert();

    [GeneratedRegex(@"\A# \d{4} (.+)")]
    private static partial Regex Title();

    [GeneratedRegex(@"^\| \[\d{4}\]\(([^)]+)\) \| (.+) \|$", RegexOptions.Multiline)]
    private static partial Regex IndexEntry();

    [GeneratedRegex(@"\]\((?!https?:)([^)#\s]*)#?([^)\s]*)\)")]
    private static partial Regex Link();

    [GeneratedRegex("^#+ (.+)$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex(@"[^\w\- ]")]
    private static partial Regex NoAnchor();

    [GeneratedRegex(@"\./shop drill ([a-z][a-z-]*)")]
    private static partial Regex Drill();

    [GeneratedRegex(@"`([A-Z]\w+\.Tests)/(\w+Tests)`")]
    private static partial Regex TestClass();

    [GeneratedRegex(@"`((?:services|shared|gateway|tools|tests|docs|deploy|k8s)/[\w./-]+)`")]
    private static partial Regex Place();
}

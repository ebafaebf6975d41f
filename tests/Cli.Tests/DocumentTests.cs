using System.Text.RegularExpressions;
using Shop.Cli.Drills;

namespace Shop.Cli.Tests;

/// <summary>What the documents name is there: drills, test classes, files.</summary>
public sealed partial class DocumentTests
{
    static readonly string _root = FindRoot();

    public static TheoryData<string> Documents => ["README.md", .. Directory.GetFiles(Path.Combine(_root, "docs"), "*.md").Select(file => $"docs/{Path.GetFileName(file)}")];

    [Fact]
    public void Every_drill_has_its_row_in_the_table_of_failures()
    {
        var table = File.ReadAllText(Path.Combine(_root, "docs", "failures.md"));

        Assert.All(DrillCatalogue.All, drill => Assert.Contains($"`{drill.Name}`", table, StringComparison.Ordinal));
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
            .Where(test => !Directory.EnumerateFiles(Path.Combine(_root, "tests", test.Project), $"{test.Class}.cs", SearchOption.AllDirectories).Any());

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

    [GeneratedRegex(@"\./shop drill ([a-z][a-z-]*)")]
    private static partial Regex Drill();

    [GeneratedRegex(@"`([A-Z]\w+\.Tests)/(\w+Tests)`")]
    private static partial Regex TestClass();

    [GeneratedRegex(@"`((?:services|shared|gateway|tools|tests|docs)/[\w./-]+)`")]
    private static partial Regex Place();
}

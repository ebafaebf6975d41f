using System.Xml.Linq;

namespace Shop.Architecture.Tests;

/// <summary>The projects that each project may use. A new project fails until somebody adds it to the list.</summary>
public sealed class ReferenceTests
{
    static readonly string[] _ofServices = ["shared/Contracts", "shared/Hosting", "shared/Messaging"];

    static readonly Dictionary<string, string[]> _allowed = new()
    {
        ["shared/Contracts"] = [],
        ["shared/Hosting"] = [],
        ["shared/Messaging"] = ["shared/Hosting"],
        ["services/ordering"] = _ofServices,
        ["services/inventory"] = _ofServices,
        ["services/payment"] = _ofServices,
        ["gateway"] = ["shared/Hosting"],
        ["simulators/payment-provider"] = [],
        ["tools/traces"] = [],
        ["tools/simulation"] = [],
        ["tools/launcher"] = [],
        ["tools/chaos"] = ["tools/launcher"],
        ["tools/monolith"] = [],
        ["tools/bench"] = ["tools/launcher", "tools/chaos"],
        ["tools/cli"] = ["tools/launcher", "tools/chaos", "tools/bench", "tools/simulation"],
        ["apphost"] =
        [
            "gateway", "services/inventory", "services/ordering", "services/payment", "simulators/payment-provider", "tools/launcher",
            "tools/traces",
        ],
    };

    // Exploration.Tests calls the decisions of all three services.
    static readonly string[] _seeInternals = ["Shop.Exploration.Tests"];

    public static TheoryData<string> Projects =>
        [.. Repository.Files("", ".csproj").Where(file => !file.StartsWith("tests/", StringComparison.Ordinal))];

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_project_uses_what_it_may_use(string project)
    {
        var folder = Path.GetDirectoryName(project)!.Replace('\\', '/');

        Assert.True(_allowed.TryGetValue(folder, out var allowed), $"{folder} is in no list.");
        Assert.Subset(allowed.ToHashSet(), References(project).ToHashSet());
    }

    [Fact]
    public void Only_its_own_tests_use_the_command_line_program() => Assert.Equal(
        ["tests/Cli.Tests/Cli.Tests.csproj"],
        Repository.Files("tests", ".csproj").Where(project => References(project).Contains("tools/cli")));

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_project_shows_its_internals_to_its_own_tests(string project)
    {
        var own = $"Shop.{Path.GetFileNameWithoutExtension(project)}.Tests";

        Assert.Subset(_seeInternals.Append(own).ToHashSet(), Items(project, "InternalsVisibleTo").ToHashSet());
    }

    static IEnumerable<string> References(string project) => Items(project, "ProjectReference")
        .Select(path => Repository.Relative(
            Path.GetFullPath(Path.Combine(Repository.Root, Path.GetDirectoryName(project)!, Path.GetDirectoryName(path)!))));

    static IEnumerable<string> Items(string project, string kind) =>
        XDocument.Parse(Repository.Read(project)).Descendants(kind).Select(item => item.Attribute("Include")!.Value);
}

using System.Text.RegularExpressions;
using Shop.Cli.Testing;
using Shop.Launcher;
using Shop.Launcher.Processes;

namespace Shop.Cli.Tests.Observability;

/// <summary>The alerts and settings of deploy/observability, by Prometheus's own checker.</summary>
public sealed partial class AlertTests
{
    static readonly string _folder = Path.Combine(Checkout.FindRoot(), "deploy", "observability");

    public static TheoryData<string> TestFiles =>
        [.. Directory.GetFiles(_folder, "*.test.yml").Select(file => Path.GetFileName(file)!).Order(StringComparer.Ordinal)];

    [Fact]
    public Task Prometheus_takes_its_settings() => MustPass("check", "config", "prometheus.yml");

    [Fact]
    public Task Prometheus_takes_the_rules() => MustPass("check", "rules", "alerts.yml");

    [Theory]
    [MemberData(nameof(TestFiles))]
    public Task Alerts_fire_when_they_should_and_only_then(string file) => MustPass("test", "rules", file);

    [Fact]
    public void Every_alert_has_a_test_in_which_it_fires_and_one_in_which_it_does_not()
    {
        var alerts = Alert().Matches(File.ReadAllText(Path.Combine(_folder, "alerts.yml"))).Select(match => match.Groups[1].Value)
            .Order().ToArray();
        var cases = TestFiles.SelectMany(file => Case().Matches(File.ReadAllText(Path.Combine(_folder, file.Data)))).ToArray();

        Assert.NotEmpty(alerts);
        Assert.Equal(alerts, Named(cases.Where(match => !match.Groups["quiet"].Success)));
        Assert.Equal(alerts, Named(cases.Where(match => match.Groups["quiet"].Success)));
    }

    internal static async Task MustPass(params string[] arguments)
    {
        var promtool = Promtool.Find(Checkout.FindRoot());
        Assert.True(promtool is not null, Promtool.WhatToInstall);
        var result = await Tool.Run([promtool, .. arguments], _folder, cancellation: TestContext.Current.CancellationToken);
        Assert.True(result.Succeeded, result.Output);
    }

    static string[] Named(IEnumerable<Match> cases) => [.. cases.Select(match => match.Groups["name"].Value).Distinct().Order()];

    [GeneratedRegex(@"- alert: (\w+)")]
    private static partial Regex Alert();

    [GeneratedRegex(@"alertname: (?<name>\w+)(?:,|\n)\s*exp_alerts:(?<quiet> \[\])?")]
    private static partial Regex Case();
}

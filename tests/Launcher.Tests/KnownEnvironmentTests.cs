using System.Text.RegularExpressions;
using Shop.Launcher.Processes;

namespace Shop.Launcher.Tests;

public sealed partial class KnownEnvironmentTests
{
    // Settings that the launcher decides: servers, logins, ports and the replicas behind the gateway.
    static readonly string[] _launchers = ["Authentication", "ConnectionStrings", "Metrics", "Ports", "RabbitMq", "ReverseProxy"];

    [Theory]
    [InlineData("HTTP_PROXY")]
    [InlineData("http_proxy")]
    [InlineData("ALL_PROXY")]
    [InlineData("no_proxy")]
    [InlineData("PGSSLMODE")]
    [InlineData("PGOPTIONS")]
    [InlineData("RABBITMQ_NODENAME")]
    [InlineData("ERL_FLAGS")]
    [InlineData("ASPNETCORE_HTTPS_PORTS")]
    [InlineData("DOTNET_STARTUP_HOOKS")]
    [InlineData("DOTNET_gcServer")]
    [InlineData("CORECLR_ENABLE_PROFILING")]
    [InlineData("LD_PRELOAD")]
    [InlineData("OTEL_SERVICE_NAME")]
    [InlineData("ConnectionStrings__DatabasePassword")]
    [InlineData("Logging__LogLevel__Default")]
    [InlineData("Kestrel__Endpoints__Http__Url")]
    [InlineData("Configuration")]
    [InlineData("SHOP_SECRETS")]
    [InlineData("SHOP_INSTANCE")]
    public void What_is_meant_for_another_program_is_shut_out(string name) => Assert.False(IsKnown(name));

    [Theory]
    [InlineData("PATH")]
    [InlineData("HOME")]
    [InlineData("LC_TIME")]
    [InlineData("TERM")]
    [InlineData("NO_COLOR")]
    [InlineData("SHOP_PORT_OFFSET")]
    [InlineData("OrderSaga__PaymentTimeLimit")]
    [InlineData("ordersaga__paymenttimelimit")]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT")]
    [InlineData("OTEL_TRACES_SAMPLER_ARG")]
    public void What_the_machine_and_the_shop_s_own_user_say_is_taken_over(string name) => Assert.True(IsKnown(name));

    [Fact]
    public void How_to_talk_to_a_collector_counts_together_with_the_collector()
    {
        var headers = "OTEL_EXPORTER_OTLP_HEADERS";

        Assert.False(IsKnown(headers));
        Assert.True(IsKnown(headers, ("OTEL_EXPORTER_OTLP_ENDPOINT", "https://collector.example")));
    }

    [Fact]
    public void A_folder_for_temporary_files_must_be_there()
    {
        Assert.True(IsKnown("TMPDIR", ("TMPDIR", Path.GetTempPath())));
        Assert.False(IsKnown("TMPDIR", ("TMPDIR", "/no/such/folder")));
    }

    [Fact]
    public void Every_section_of_settings_is_the_launcher_s_or_can_be_given_from_outside()
    {
        var root = Checkout.FindRoot();
        var sections = new[] { "services", "shared", "gateway", "tools/traces" }
            .SelectMany(folder => Directory.EnumerateFiles(Path.Combine(root, folder), "*.cs", SearchOption.AllDirectories))
            .SelectMany(file => Section().Matches(File.ReadAllText(file)))
            .Select(match => match.Groups[1].Value)
            .ToHashSet();

        Assert.NotEmpty(sections);
        Assert.Equal(_launchers, sections.Where(section => !IsKnown(section + "__Key")).Order(StringComparer.Ordinal));
    }

    static bool IsKnown(string name, params (string Name, string Value)[] others) =>
        KnownEnvironment.Unknown(others.Append((Name: name, Value: "value")).DistinctBy(variable => variable.Name).ToDictionary(
            variable => variable.Name, variable => variable.Value))
            .Contains(name) is false;

    [GeneratedRegex("string Section = \"([A-Za-z]+)\"")]
    private static partial Regex Section();
}

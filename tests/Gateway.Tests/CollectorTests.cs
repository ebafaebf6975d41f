using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;

namespace Shop.Gateway.Tests;

/// <summary>Telemetry of a process to a collector by OTLP, for each signal.</summary>
public sealed class CollectorTests : IAsyncLifetime
{
    FakeService _service = null!;
    FakeService _collector = null!;

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _service = await FakeService.Start();
        _collector = await FakeService.Start();
        _collector.Answer = _ => Task.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await _service.DisposeAsync();
        await _collector.DisposeAsync();
    }

    [Theory]
    [InlineData(null, null, null, "/v1/logs /v1/metrics /v1/traces")]
    [InlineData("otlp", "none", "none", "/v1/traces")]
    [InlineData("none", null, "otlp", "/v1/logs /v1/metrics")]
    [InlineData("none", "none", "none", "")]
    public async Task Each_signal_is_sent_unless_it_is_turned_off(string? traces, string? metrics, string? logs, string sent)
    {
        var settings = Settings(_collector.Address);
        (settings["OTEL_TRACES_EXPORTER"], settings["OTEL_METRICS_EXPORTER"], settings["OTEL_LOGS_EXPORTER"]) = (traces, metrics, logs);
        using var gateway = GatewayProcess.Start(settings);
        using var client = await Client(settings);
        using var answer = await client.GetAsync("/orders/1", Cancellation);

        // The process sends the rest before it ends.
        gateway.Terminate();
        Assert.Equal(0, (await gateway.Exit()).ExitCode);

        Assert.Equal(sent, string.Join(' ', _collector.Requests.Select(request => request.Path).Distinct().Order(StringComparer.Ordinal)));
        // With or without spans of ours, the trace goes on.
        Assert.NotEmpty(_service.Requests.Single().TraceId);
    }

    [Fact]
    public async Task What_a_browser_loads_to_show_the_documentation_is_no_trace()
    {
        var settings = Settings(_collector.Address);
        using var gateway = GatewayProcess.Start(settings);
        using var client = await Client(settings);
        foreach (var path in new[] { "/", "/docs", "/docs/scalar.js", "/openapi/v1.json", "/favicon.ico", "/health/ready", "/orders/1" })
        {
            using var answer = await client.GetAsync(path, Cancellation);
        }

        gateway.Terminate();
        Assert.Equal(0, (await gateway.Exit()).ExitCode);

        // The body is protobuf, which has texts as they are.
        var spans = string.Concat(_collector.Requests.Where(request => request.Path == "/v1/traces").Select(request => request.Body));
        Assert.Contains("/orders/1", spans);
        Assert.All(["/docs", "/openapi", "/favicon", "/health"], path => Assert.DoesNotContain(path, spans));
    }

    [Fact]
    public async Task A_collector_reads_whole_sentences_from_the_process_it_knows_by_name()
    {
        var settings = Settings(_collector.Address);
        settings["OTEL_RESOURCE_ATTRIBUTES"] = "service.instance.id=named-by-its-starter";
        using var gateway = GatewayProcess.Start(settings);
        using var client = await Client(settings);

        gateway.Terminate();
        Assert.Equal(0, (await gateway.Exit()).ExitCode);

        var logs = string.Concat(_collector.Requests.Where(request => request.Path == "/v1/logs").Select(request => request.Body));
        Assert.Contains($"Now listening on: {settings["ASPNETCORE_URLS"]!.TrimEnd('/')}", logs, StringComparison.Ordinal);
        Assert.All(
            ["/v1/logs", "/v1/metrics"],
            path => Assert.Contains(
                "named-by-its-starter", _collector.Requests.First(request => request.Path == path).Body, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_collector_that_never_answers_does_not_hold_up_the_end()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        var settings = Settings($"http://{silent.LocalEndpoint}");
        using var gateway = GatewayProcess.Start(settings);
        using var client = await Client(settings);
        using var answer = await client.GetAsync("/orders/1", Cancellation);

        var watch = Stopwatch.StartNew();
        gateway.Terminate();
        Assert.Equal(0, (await gateway.Exit()).ExitCode);

        // The limit is two seconds, and more on a busy machine. Without it, three signals wait five seconds each.
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(6));
    }

    Dictionary<string, string?> Settings(string collector) =>
        GatewayScenario.Settings(
                [_service], _service, _service,
                ("ASPNETCORE_URLS", $"http://127.0.0.1:{GatewayProcess.FreePort()}/"),
                // The line says that the process has started.
                ("Logging:LogLevel:Microsoft.Hosting.Lifetime", "Information"),
                ("OTEL_EXPORTER_OTLP_ENDPOINT", collector),
                ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"))
            .ToDictionary(setting => setting.Key, setting => (string?)setting.Value);

    static async Task<HttpClient> Client(Dictionary<string, string?> settings)
    {
        var client = new HttpClient { BaseAddress = new(settings["ASPNETCORE_URLS"]!) };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Tokens.Customer());
        await GatewayProcess.UntilUp(client);
        return client;
    }
}

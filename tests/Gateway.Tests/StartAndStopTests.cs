using System.Diagnostics;
using System.Net.Http.Headers;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Shop.Gateway.Tests;

public sealed class StartAndStopTests : IAsyncLifetime
{
    FakeService _service = null!;

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _service = await FakeService.Start();

    public ValueTask DisposeAsync() => _service.DisposeAsync();

    [Theory]
    [InlineData("ASPNETCORE_URLS", "nonsense")]
    [InlineData("ASPNETCORE_URLS", "http://127.0.0.1:80808")]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "nonsense")]
    [InlineData("OTEL_TRACES_EXPORTER", "jaeger")]
    [InlineData("OTEL_METRICS_EXPORTER", "prometheus")]
    [InlineData("OTEL_TRACES_SAMPLER_ARG", "1.5")]
    [InlineData("Logging:LogLevel:Default", "Loud")]
    [InlineData("Authentication:Issuer", null)]
    [InlineData("Authentication:PublicKeyFile", null)]
    [InlineData("Authentication:PublicKeyFile", "/no/such/file")]
    [InlineData("Authentication:PublicKeyFile", "Shop.Gateway.dll")]
    [InlineData("RateLimits:RequestsPerSecond", "many")]
    [InlineData("RateLimits:RequestsPerSecond", "0")]
    [InlineData("Forwarding:SilenceTimeLimit", "long")]
    [InlineData("Forwarding:SilenceTimeLimit", "1.00:00:00")]
    [InlineData("TrustedForwarders:Networks:0", "everybody")]
    [InlineData("TrustedForwarders:Networks:0", "0.0.0.0/0")]
    [InlineData("ReverseProxy:Clusters:ordering:Destinations:1:Address", "nonsense")]
    [InlineData("ReverseProxy:Routes:orders:ClusterId", "nowhere")]
    public async Task A_wrong_setting_ends_the_start_with_one_line_that_names_its_key(string key, string? value)
    {
        var settings = Settings();
        settings[key] = value;
        using var gateway = GatewayProcess.Start(settings);

        var (exitCode, errors, output) = await gateway.Exit();

        Assert.Equal(1, exitCode);
        Assert.StartsWith($"gateway: configuration error: {key}: ", Assert.Single(errors.TrimEnd().Split('\n')));
        Assert.Empty(output);
    }

    [Fact]
    public async Task An_address_in_use_ends_the_start_with_one_line()
    {
        var settings = Settings();
        settings["ASPNETCORE_URLS"] = _service.Address;
        using var gateway = GatewayProcess.Start(settings);

        var (exitCode, errors, output) = await gateway.Exit();

        Assert.Equal(1, exitCode);
        Assert.DoesNotContain("Exception", output);
        Assert.StartsWith("gateway: configuration error: ASPNETCORE_URLS: ", Assert.Single(errors.TrimEnd().Split('\n')));
        Assert.Contains("address already in use", errors);
    }

    [Fact]
    public async Task A_process_says_that_it_uses_a_proxy_and_not_the_password_for_it()
    {
        var settings = Settings();
        settings["HTTPS_PROXY"] = "http://me:secret@proxy.example:3128";
        using var gateway = GatewayProcess.Start(settings);
        using var client = new HttpClient { BaseAddress = new(settings["ASPNETCORE_URLS"]!) };
        await GatewayProcess.UntilUp(client);
        gateway.Terminate();

        var (_, _, output) = await gateway.Exit();

        Assert.Contains("Requests to other hosts go through the proxy http://proxy.example:3128", output, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stop_that_comes_during_the_start_ends_the_process_without_an_error() =>
        Assert.Equal(0, await HostingProcess.Run(builder => builder.Services.AddHostedService<StoppedWhileStarting>()));

    [Fact]
    public async Task A_start_before_its_services_warns_of_nothing_and_a_replica_that_is_lost_is_told_once()
    {
        _service.IsReady = false;
        var settings = Settings();
        settings.Remove("Logging:LogLevel:Yarp");
        using var gateway = GatewayProcess.Start(settings);
        using var client = new HttpClient { BaseAddress = new(settings["ASPNETCORE_URLS"]!) };
        await GatewayProcess.UntilUp(client);
        Task Until(string health) => Wait.Until(
            async () => (await client.GetStringAsync("/health/ready", Cancellation)).Contains(health, StringComparison.Ordinal), health);
        // When all three have been probed twice, the first results count.
        await Wait.Until(() => _service.Probes >= 6, "probes");
        _service.IsReady = true;
        await Until("inventory: 1 of 1 replicas, ordering: 1 of 1 replicas, payment: 1 of 1");
        _service.IsReady = false;
        await Until("inventory: 0 of 1 replicas, ordering: 0 of 1 replicas, payment: 0 of 1");

        gateway.Terminate();
        var (_, _, output) = await gateway.Exit();

        var bad = output.Split('\n')
            .Where(line => line.Contains("\"level\":\"Warning\"") || line.Contains("\"level\":\"Error\"")).ToArray();
        Assert.Equal(3, bad.Length);
        Assert.All(bad, line => Assert.Contains("is no longer ready", line));
        Assert.Equal(3, output.Split('\n').Count(line => line.Contains("is not up yet")));
    }

    [Fact]
    public async Task An_open_event_stream_does_not_hold_up_the_end()
    {
        _service.Answer = async http =>
        {
            await http.Response.WriteAsync("data: first\n", Cancellation);
            await http.Response.Body.FlushAsync(Cancellation);
            await new TaskCompletionSource().Task.WaitAsync(http.RequestAborted);
        };
        var settings = Settings();
        using var gateway = GatewayProcess.Start(settings);
        using var client = new HttpClient { BaseAddress = new(settings["ASPNETCORE_URLS"]!) };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Tokens.Customer());
        await GatewayProcess.UntilUp(client);
        await using var stream = await client.GetStreamAsync("/orders/1/events", Cancellation);
        await stream.ReadExactlyAsync(new byte[12], Cancellation);

        var watch = Stopwatch.StartNew();
        gateway.Terminate();
        var (exitCode, _, _) = await gateway.Exit();

        Assert.Equal(0, exitCode);
        // If streams did not end, the stop would take the 10 s that the host gives to requests under way.
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(8));
    }

    Dictionary<string, string?> Settings() =>
        GatewayScenario.Settings([_service], _service, _service, ("ASPNETCORE_URLS", $"http://127.0.0.1:{GatewayProcess.FreePort()}/"))
            .ToDictionary(setting => setting.Key, setting => (string?)setting.Value);

    sealed class StoppedWhileStarting(IHostApplicationLifetime lifetime) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken)
        {
            lifetime.StopApplication();
            return Task.Delay(Timeout.Infinite, cancellationToken);
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}

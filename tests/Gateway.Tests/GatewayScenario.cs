using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;

namespace Shop.Gateway.Tests;

/// <summary>The real gateway on a real socket, in front of fake replicas that a test controls.</summary>
sealed class GatewayScenario : IAsyncDisposable
{
    readonly Factory _factory;
    readonly HttpClient _client;

    GatewayScenario(FakeService[] ordering, FakeService inventory, FakeService payment, Dictionary<string, string> settings)
    {
        (Ordering, Inventory, Payment) = (ordering, inventory, payment);
        _factory = new(settings);
        _factory.UseKestrel();
        _factory.StartServer();
        _client = new(new SocketsHttpHandler { AllowAutoRedirect = false, ActivityHeadersPropagator = null })
        {
            BaseAddress = _factory.ClientOptions.BaseAddress,
        };
    }

    public FakeService[] Ordering { get; }

    public FakeService Inventory { get; }

    public FakeService Payment { get; }

    public Uri Address => _client.BaseAddress!;

    public IEnumerable<Received> OrderingRequests => Ordering.SelectMany(replica => replica.Requests);

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static Task<GatewayScenario> Start(params (string Key, string Value)[] settings) => Start(1, settings);

    public static async Task<GatewayScenario> Start(int orderingReplicas, params (string Key, string Value)[] settings)
    {
        var ordering = await Task.WhenAll(Enumerable.Range(0, orderingReplicas).Select(_ => FakeService.Start()));
        var (inventory, payment) = (await FakeService.Start(), await FakeService.Start());
        return new(ordering, inventory, payment, Settings(ordering, inventory, payment, settings));
    }

    public static Dictionary<string, string> Settings(
        FakeService[] ordering, FakeService inventory, FakeService payment, params (string Key, string Value)[] more)
    {
        var settings = new Dictionary<string, string>
        {
            ["Logging:LogLevel:Microsoft.Hosting.Lifetime"] = "None",
            ["Logging:LogLevel:Yarp"] = "None",
            ["Authentication:Issuer"] = "shop",
            ["Draining:Time"] = "00:00:00",
            ["Authentication:Audience"] = "shop",
            ["Authentication:PublicKeyFile"] = Tokens.PublicKeyFile,
            ["ReverseProxy:Clusters:inventory:Destinations:1:Address"] = inventory.Address,
            ["ReverseProxy:Clusters:payment:Destinations:1:Address"] = payment.Address,
        };
        foreach (var (index, replica) in ordering.Index())
        {
            settings[$"ReverseProxy:Clusters:ordering:Destinations:{index + 1}:Address"] = replica.Address;
        }

        foreach (var (key, value) in more)
        {
            settings[key] = value;
        }

        return settings;
    }

    public Task<HttpResponseMessage> Get(string path, string? token = null) => Send(new(HttpMethod.Get, path), token);

    public Task<HttpResponseMessage> Post(string path, string body = "{}", string? token = null) =>
        Send(new(HttpMethod.Post, path) { Content = new StringContent(body) }, token);

    /// <param name="token">Of a customer if left out; none if empty.</param>
    public Task<HttpResponseMessage> Send(HttpRequestMessage request, string? token = null)
    {
        token ??= Tokens.Customer();
        request.Headers.Authorization = token is "" ? null : new AuthenticationHeaderValue("Bearer", token);
        return _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancellation);
    }

    /// <summary>Waits until the gateway's health reports this, such as <c>ordering: 1 of 2 replicas</c>.</summary>
    public Task UntilHealthy(string services) => Wait.Until(
        async () =>
        {
            using var answer = await Get("/health/ready", token: "");
            var health = await answer.Content.ReadFromJsonAsync<JsonElement>(Cancellation);
            return health.GetProperty("checks").GetProperty("services").GetProperty("description").GetString()!.Contains(services);
        },
        services);

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _factory.DisposeAsync();
        foreach (var service in (FakeService[])[.. Ordering, Inventory, Payment])
        {
            await service.DisposeAsync();
        }
    }

    sealed class Factory(Dictionary<string, string> settings) : WebApplicationFactory<Program>
    {
        protected override void ConfigureWebHost(IWebHostBuilder builder)
        {
            builder.UseEnvironment("Production");
            // The factory's own way to set a port races with the program, which may already be starting.
            builder.UseUrls("http://127.0.0.1:0");
            foreach (var (key, value) in settings)
            {
                builder.UseSetting(key, value);
            }
        }
    }
}

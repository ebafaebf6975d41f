using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Mvc.Testing;

namespace Shop.PaymentProvider.Tests;

/// <summary>The provider on a ledger of its own.</summary>
sealed class ProviderScenario : IAsyncDisposable
{
    WebApplicationFactory<Program> _provider = null!;

    public ProviderScenario() => Start();

    public string Ledger { get; } = Path.Combine(Path.GetTempPath(), $"ledger-{Guid.NewGuid():N}.jsonl");

    public HttpClient Http { get; private set; } = null!;

    /// <summary>The key that the next start asks for; null for none.</summary>
    public string? ApiKey { get; set; }

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Start()
    {
        _provider = new WebApplicationFactory<Program>().WithWebHostBuilder(host =>
        {
            host.UseSetting("Ledger:Path", Ledger);
            host.UseSetting("ApiKey", ApiKey);
        });
        Http = _provider.CreateClient(new() { AllowAutoRedirect = false });
    }

    public async Task Stop()
    {
        Http.Dispose();
        await _provider.DisposeAsync();
    }

    public Task<HttpResponseMessage> Charge(
        string key, string token, string amount = "25.00", string reference = "order-1", CancellationToken? cancellation = null) =>
        Post("/v1/charges", key, JsonSerializer.Serialize(new { amount, currency = "EUR", token, reference }), cancellation);

    public Task<HttpResponseMessage> Refund(string id, string key, string body) => Post($"/v1/charges/{id}/refunds", key, body, null);

    public async Task SetFaults(object faults)
    {
        using var answer = await Http.PutAsJsonAsync("/v1/faults", faults, Cancellation);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    public async Task<IReadOnlyList<JsonElement>> Find(string query) =>
        (await Http.GetFromJsonAsync<JsonElement[]>($"/v1/charges?{query}", Cancellation))!;

    public static async Task<JsonElement> Body(HttpResponseMessage answer) =>
        await answer.Content.ReadFromJsonAsync<JsonElement>(Cancellation);

    public static string Text(JsonElement json, string name) => json.GetProperty(name).GetString()!;

    public async ValueTask DisposeAsync()
    {
        await Stop();
        File.Delete(Ledger);
    }

    async Task<HttpResponseMessage> Post(string path, string key, string body, CancellationToken? cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path)
        {
            Content = new StringContent(body, Encoding.UTF8, "application/json"),
        };
        request.Headers.Add("Idempotency-Key", key);
        return await Http.SendAsync(request, cancellation ?? Cancellation);
    }
}

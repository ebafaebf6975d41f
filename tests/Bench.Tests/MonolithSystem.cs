using System.Net.Http.Json;
using System.Text.Json;
using Shop.Launcher.Client;
using Shop.Support;

namespace Shop.Bench.Tests;

/// <summary>A monolith on a database of its own, and a payment provider with a ledger of its own.</summary>
public sealed class MonolithSystem(TestServers servers) : IAsyncLifetime
{
    readonly string _ledger = Path.Combine(Path.GetTempPath(), $"ledger-{Guid.NewGuid():N}.jsonl");
    TestProgram _provider = null!;
    TestProgram _monolith = null!;

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _provider = await servers.Start("Shop.PaymentProvider", new Dictionary<string, string> { ["Ledger__Path"] = _ledger });
        // It knows no broker.
        var settings = servers.ServiceSettings(await servers.CreateDatabase("monolith"), new("", 0, "", "", ""));
        settings["CardNetwork__Url"] = _provider.Address;
        _monolith = await servers.Start("Shop.Monolith", settings);
    }

    public ValueTask DisposeAsync()
    {
        _monolith?.Dispose();
        _provider?.Dispose();
        File.Delete(_ledger);
        return ValueTask.CompletedTask;
    }

    /// <param name="customer">Null for nobody.</param>
    public Task<Answer> Send(
        HttpMethod method, string path, string? customer, string? json = null, params (string Name, string Value)[] headers) =>
        _monolith.Send(method, path, customer is null ? null : servers.Token(customer, Tokens.Customer), json, headers);

    /// <summary>Adds a product at 12.50 EUR.</summary>
    public async Task Sell(string sku, int stock)
    {
        var staff = servers.Token("bob", Tokens.Staff);
        var put = await _monolith.Send(HttpMethod.Put, $"products/{sku}", staff, """{"name":"Mug","price":12.50}""");
        var restock = await _monolith.Send(HttpMethod.Post, $"products/{sku}/restock", staff, $$"""{"quantity":{{stock}}}""");
        Assert.Equal((200, 200), (put.Status, restock.Status));
    }

    public async Task<(long Available, long Held, long Sold)> Stock(string sku)
    {
        var product = (await _monolith.Send(HttpMethod.Get, $"products/{sku}", null)).Json;
        return (Number("available"), Number("held"), Number("sold"));

        long Number(string name) => product.GetProperty(name).GetInt64();
    }

    /// <summary>The payment provider's charges.</summary>
    /// <param name="orderId">Null for all orders.</param>
    public async Task<JsonElement[]> Charges(Guid? orderId = null) => (await _provider.Http.GetFromJsonAsync<JsonElement[]>(
        orderId is null ? "v1/charges" : $"v1/charges?reference={orderId}", Cancellation))!;
}

using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace Shop.Gateway.Tests;

public sealed class ApiDocumentTests : IAsyncLifetime
{
    GatewayScenario _shop = null!;

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _shop = await GatewayScenario.Start();
        _shop.Inventory.ApiDocument = Document("/products", "Stock", "string");
        _shop.Ordering[0].ApiDocument = Document("/orders", "Orders", "integer");
        _shop.Payment.ApiDocument = Document("/payments/{orderId}", "Payments", "string");
    }

    public ValueTask DisposeAsync() => _shop.DisposeAsync();

    [Fact]
    public async Task The_documents_of_all_services_become_one_with_the_customers_routes_before_the_operators()
    {
        var document = await Read();

        Assert.StartsWith("3.1.", document.GetProperty("openapi").GetString());
        Assert.Equal(
            ["/orders", "/products", "/payments/{orderId}", "/ops/audit", "/ops/dead-letters"],
            document.GetProperty("paths").EnumerateObject().Select(path => path.Name));
        Assert.Equal(
            ["Orders", "Stock", "Payments", "Operations"],
            document.GetProperty("tags").EnumerateArray().Select(tag => tag.GetProperty("name").GetString()));
        Assert.Contains(
            "./shop token alice", document.GetProperty("info").GetProperty("description").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Schemas_of_one_name_stay_one_if_they_are_alike_and_are_told_apart_if_not()
    {
        var document = await Read();

        var schemas = document.GetProperty("components").GetProperty("schemas");
        Assert.Equal(
            ["InventoryResponse", "Money", "PaymentResponse", "Response"],
            schemas.EnumerateObject().Select(schema => schema.Name).Order(StringComparer.Ordinal));
        Assert.Equal("#/components/schemas/Response", ReferenceOf(document, "/orders"));
        Assert.Equal("#/components/schemas/InventoryResponse", ReferenceOf(document, "/products"));
        Assert.Equal("#/components/schemas/PaymentResponse", ReferenceOf(document, "/payments/{orderId}"));
        Assert.Equal(
            "integer", schemas.GetProperty("Response").GetProperty("properties").GetProperty("id").GetProperty("type").GetString());
    }

    [Fact]
    public async Task The_routes_of_a_service_that_is_away_are_missed_aloud_and_come_with_it()
    {
        await _shop.UntilHealthy("payment: 1 of 1");
        _shop.Payment.IsReady = false;
        await _shop.UntilHealthy("payment: 0 of 1");

        var without = await Read();

        Assert.False(without.GetProperty("paths").TryGetProperty("/payments/{orderId}", out _));
        Assert.True(without.GetProperty("paths").TryGetProperty("/orders", out _));
        Assert.Contains("the routes of payment", DescriptionOf(without), StringComparison.Ordinal);

        _shop.Payment.IsReady = true;
        await Wait.Until(
            async () => (await Read()).GetProperty("paths").TryGetProperty("/payments/{orderId}", out _), "the document is whole again");
        Assert.DoesNotContain("the routes of payment", DescriptionOf(await Read()), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_was_known_of_a_service_stays_when_it_goes_away()
    {
        await _shop.Inventory.Stop();
        await Read();
        await _shop.Payment.Stop();
        _shop.Ordering[0].ApiDocument = Document("/orders/new", "Orders", "integer");

        await Wait.Until(
            async () => (await Read()).GetProperty("paths").TryGetProperty("/orders/new", out _), "the document is fetched again");

        var document = await Read();
        Assert.True(document.GetProperty("paths").TryGetProperty("/payments/{orderId}", out _));
        Assert.Contains("the routes of inventory**", DescriptionOf(document), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_page_to_browse_it_needs_nothing_from_elsewhere()
    {
        using var start = await _shop.Get("/", token: "");
        Assert.Equal("/docs", start.Headers.Location?.ToString());

        using var redirect = await _shop.Get("/docs", token: "");
        using var page = await _shop.Get("/docs/", token: "");
        var html = await page.Content.ReadAsStringAsync(Cancellation);
        Assert.Equal(HttpStatusCode.OK, page.StatusCode);
        Assert.DoesNotContain("https://", html);
        Assert.Contains("openapi/v1.json", html);
        Assert.Contains("\"agent\":{\"disabled\":true}", html);
        Assert.Contains("\"showDeveloperTools\":\"never\"", html);
        var policy = Assert.Single(page.Headers.GetValues("Content-Security-Policy"));
        Assert.Matches("script-src 'self' 'nonce-[^']{20,}'", policy);
        Assert.Contains("connect-src 'self';", policy);

        using var script = await _shop.Get("/docs/scalar.js", token: "");
        Assert.Equal(HttpStatusCode.OK, script.StatusCode);
    }

    [Fact]
    public async Task HEAD_answers_as_GET_does_without_a_body()
    {
        using var get = await _shop.Get("/openapi/v1.json", token: "");
        using var head = await _shop.Send(new(HttpMethod.Head, "/openapi/v1.json"), token: "");

        Assert.Equal((HttpStatusCode.OK, get.Content.Headers.ContentType), (head.StatusCode, head.Content.Headers.ContentType));
        Assert.Equal("", await head.Content.ReadAsStringAsync(Cancellation));
    }

    static string DescriptionOf(JsonElement document) => document.GetProperty("info").GetProperty("description").GetString()!;

    async Task<JsonElement> Read()
    {
        using var answer = await _shop.Get("/openapi/v1.json", token: "");
        return await answer.Content.ReadFromJsonAsync<JsonElement>(Cancellation);
    }

    static string? ReferenceOf(JsonElement document, string path) => document
        .GetProperty("paths").GetProperty(path).GetProperty("get").GetProperty("schema").GetProperty("$ref").GetString();

    static string Document(string path, string tag, string idType) =>
        $$$"""
        {
          "openapi": "3.1.1",
          "paths": {
            "/ops/audit": { "get": {} },
            "/ops/dead-letters": { "get": {} },
            "{{{path}}}": { "get": { "schema": { "$ref": "#/components/schemas/Response" } } }
          },
          "components": {
            "schemas": {
              "Response": { "properties": { "id": { "type": "{{{idType}}}" } } },
              "Money": { "type": "object" }
            }
          },
          "tags": [ { "name": "Operations" }, { "name": "{{{tag}}}" } ]
        }
        """;
}

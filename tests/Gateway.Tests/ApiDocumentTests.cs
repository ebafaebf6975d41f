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
    public async Task The_documents_of_all_services_become_one()
    {
        var document = await Read();

        Assert.StartsWith("3.1.", document.GetProperty("openapi").GetString());
        Assert.Equal(
            ["/orders", "/payments/{orderId}", "/products"],
            document.GetProperty("paths").EnumerateObject().Select(path => path.Name).Order(StringComparer.Ordinal));
        Assert.Equal(
            ["Orders", "Payments", "Stock"],
            document.GetProperty("tags").EnumerateArray().Select(tag => tag.GetProperty("name").GetString()));
    }

    [Fact]
    public async Task Schemas_of_one_name_stay_one_if_they_are_alike_and_are_told_apart_if_not()
    {
        var document = await Read();

        var schemas = document.GetProperty("components").GetProperty("schemas");
        Assert.Equal(
            ["Money", "OrderingResponse", "Response"],
            schemas.EnumerateObject().Select(schema => schema.Name).Order(StringComparer.Ordinal));
        Assert.Equal("#/components/schemas/Response", ReferenceOf(document, "/products"));
        Assert.Equal("#/components/schemas/OrderingResponse", ReferenceOf(document, "/orders"));
        Assert.Equal("#/components/schemas/Response", ReferenceOf(document, "/payments/{orderId}"));
        Assert.Equal(
            "integer", schemas.GetProperty("OrderingResponse").GetProperty("properties").GetProperty("id").GetProperty("type").GetString());
    }

    [Fact]
    public async Task Half_a_document_is_not_given_out()
    {
        await _shop.UntilHealthy("payment: 1 of 1");
        _shop.Payment.IsReady = false;
        await _shop.UntilHealthy("payment: 0 of 1");

        using var answer = await _shop.Get("/openapi/v1.json", token: "");

        await answer.IsProblem(HttpStatusCode.ServiceUnavailable);
        Assert.NotNull(answer.Headers.RetryAfter);
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

        using var script = await _shop.Get("/docs/scalar.js", token: "");
        Assert.Equal(HttpStatusCode.OK, script.StatusCode);
    }

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
          "paths": { "{{{path}}}": { "get": { "schema": { "$ref": "#/components/schemas/Response" } } } },
          "components": {
            "schemas": {
              "Response": { "properties": { "id": { "type": "{{{idType}}}" } } },
              "Money": { "type": "object" }
            }
          },
          "tags": [ { "name": "{{{tag}}}" } ]
        }
        """;
}

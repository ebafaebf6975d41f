using System.Text.Json;
using System.Text.Json.Nodes;

namespace Shop.EndToEnd.Tests;

/// <summary>What a newcomer reads at /docs is right, and enough for a first order.</summary>
public sealed class ApiDocumentTests(ShopSystem shop)
{
    static readonly string[] _methods = ["get", "put", "post", "delete"];

    [Fact]
    public async Task Every_route_has_words()
    {
        var operations =
            from path in (await Read()).GetProperty("paths").EnumerateObject()
            from operation in path.Value.EnumerateObject()
            where _methods.Contains(operation.Name)
            select (Name: $"{operation.Name} {path.Name}", operation.Value);

        Assert.Equal(
            [], operations.Where(one => !HasText(one.Value, "summary") || !HasText(one.Value, "description")).Select(one => one.Name));
        Assert.Contains("post /orders", operations.Select(one => one.Name));
    }

    [Fact]
    public async Task Every_write_takes_an_idempotency_key()
    {
        var writes =
            from path in (await Read()).GetProperty("paths").EnumerateObject()
            from operation in path.Value.EnumerateObject()
            where _methods.Contains(operation.Name) && operation.Name is not "get"
            select (Name: $"{operation.Name} {path.Name}", HasKey: HasKey(operation.Value));

        Assert.Equal([], writes.Where(write => !write.HasKey).Select(write => write.Name));
        Assert.Contains("post /products/{sku}/restock", writes.Select(write => write.Name));
    }

    [Fact]
    public async Task The_example_of_an_order_makes_one_when_it_is_sent_as_it_stands()
    {
        var example = (await Read()).GetProperty("paths").GetProperty("/orders").GetProperty("post")
            .GetProperty("requestBody").GetProperty("content").GetProperty("application/json").GetProperty("example");

        var answer = await shop.Send(HttpMethod.Post, "/orders", shop.Token(), example.GetRawText());

        Assert.Equal(202, answer.Status);
        Assert.EndsWith("}\n", answer.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_committed_document_is_the_one_that_is_served()
    {
        var committed = await File.ReadAllTextAsync(
            Path.Combine(shop.Checkout.Root, "docs", "openapi.json"), TestContext.Current.CancellationToken);

        Assert.True(
            JsonNode.DeepEquals(JsonNode.Parse(committed), JsonNode.Parse((await Read()).GetRawText())),
            "docs/openapi.json is not what the gateway serves. If the change is meant: ./shop up, and then "
            + "curl -s http://localhost:8080/openapi/v1.json | python3 -m json.tool --indent 2 --no-ensure-ascii > docs/openapi.json");
    }

    static bool HasKey(JsonElement operation) =>
        operation.TryGetProperty("parameters", out var parameters) && parameters.EnumerateArray().Any(parameter =>
            parameter.GetProperty("name").GetString() == "Idempotency-Key"
            && parameter.GetProperty("in").GetString() == "header"
            && HasText(parameter, "description"));

    static bool HasText(JsonElement operation, string name) =>
        operation.TryGetProperty(name, out var text) && text.GetString() is { Length: > 0 };

    async Task<JsonElement> Read() => (await shop.Send(HttpMethod.Get, "/openapi/v1.json", token: null)).Json;
}

using System.Text.Json;

namespace Shop.Inventory.Tests.Api;

/// <summary>GET /products and GET /products/{sku}.</summary>
[Collection<OneReplica>]
public sealed class GetProductsTests(Replica replica)
{
    [Fact]
    public async Task Pages_list_every_product_once_by_sku()
    {
        var listed = new List<string>();
        var after = "";
        do
        {
            var page = (await replica.Get($"/products?limit=2{after}")).Json;
            listed.AddRange(page.GetProperty("products").EnumerateArray().Select(product => product.GetProperty("sku").GetString()!));
            after = page.GetProperty("next") is { ValueKind: JsonValueKind.String } next ? $"&after={next.GetString()}" : "";
        }
        while (after != "");

        Assert.Equal(listed.Distinct(), listed);
        Assert.Equal(listed.Order(StringComparer.Ordinal), listed);
        Assert.Superset(new HashSet<string>(["CAP-01", "LAST-ONE", "MUG-01", "PEN-01", "SOLD-OUT", "TEE-01"]), listed.ToHashSet());
    }

    [Theory]
    [InlineData("/products/NO-SUCH", 404, null)]
    [InlineData("/products/NO-SUCH%0A", 404, null)]
    [InlineData("/products?limit=0", 400, "limit")]
    [InlineData("/products?limit=1001", 400, "limit")]
    [InlineData("/products?limit=ten", 400, "limit")]
    [InlineData("/products?after=no%20sku", 400, "after")]
    [InlineData("/no-such-route", 404, null)]
    public async Task A_bad_address_is_answered_with_what_is_wrong_with_it(string path, int status, string? field) =>
        (await replica.Send(HttpMethod.Get, path, replica.Customer())).MustBeProblem(status, field);

    [Fact]
    public async Task A_page_has_at_most_1000_products() => Assert.Equal(200, (await replica.Get("/products?limit=1000")).Status);

    [Fact]
    public async Task HEAD_answers_as_GET_does_without_a_body()
    {
        foreach (var path in new[] { "/products", "/products/MUG-01", "/openapi/v1.json" })
        {
            var (head, get) = (await replica.Send(HttpMethod.Head, path, token: null), await replica.Get(path));
            Assert.Equal((200, get.MediaType, ""), (head.Status, head.MediaType, head.Body));
        }
    }
}

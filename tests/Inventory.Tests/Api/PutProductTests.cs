using Shop.Support;

namespace Shop.Inventory.Tests.Api;

/// <summary>PUT /products/{sku}: adds a product or changes it, or says what is wrong.</summary>
[Collection<OneReplica>]
public sealed class PutProductTests(Replica replica)
{
    [Theory]
    [InlineData("MUG-01", """{"name":"","price":1}""", 422, "name")]
    [InlineData("MUG-01", """{"name":"Mug","price":0}""", 422, "price")]
    [InlineData("MUG-01", """{"name":"Mug","price":1000000.01}""", 422, "price")]
    [InlineData("MUG-01", """{"name":"Mug","price":1.999}""", 422, "price")]
    [InlineData("MUG-01", """{"name":"Mug","price":"1"}""", 400, "price")]
    [InlineData("mug", """{"name":"Mug","price":1}""", 400, "sku")]
    [InlineData("M", """{"name":"Mug","price":1}""", 400, "sku")]
    [InlineData("-MUG", """{"name":"Mug","price":1}""", 400, "sku")]
    [InlineData("4111111111111111", """{"name":"Mug","price":1}""", 400, "sku")]
    [InlineData("NEW-LINE%0A", """{"name":"Mug","price":1}""", 400, "sku")]
    [InlineData("MUG-01", """{"name":"   ","price":1}""", 422, "name")]
    [InlineData("MUG-01", """{"name":"a\u0000b","price":1}""", 422, "name")]
    [InlineData("MUG-01", """{"name":"a\u001b[31mred","price":1}""", 422, "name")]
    [InlineData("MUG-01", """{"name":"two\u2028lines","price":1}""", 422, "name")]
    [InlineData("MUG-01", """{"name":"\u202egnp.exe","price":1}""", 422, "name")]
    public async Task A_bad_product_is_refused_with_what_is_wrong_with_it(string sku, string body, int status, string field) =>
        (await replica.Put(sku, body)).MustBeProblem(status, field).MustKeepSecrets();

    [Fact]
    public async Task A_name_has_at_most_200_characters()
    {
        var (sku, longest) = (Replica.NewSku(), new string('x', 200));

        (await replica.Put(sku, $$"""{"name":"{{longest}}x","price":1}""")).MustBeProblem(422, "name");
        Assert.Equal(201, (await replica.Put(sku, $$"""{"name":"{{longest}}","price":1}""")).Status);
    }

    [Fact]
    public async Task A_wrong_media_type_is_refused()
    {
        var answer = await replica.Send(HttpMethod.Put, "/products/MUG-01", replica.Staff());

        Assert.Contains(answer.Status, new[] { 400, 415 });
        answer.MustBeProblem(answer.Status);
    }

    [Fact]
    public async Task A_new_product_is_created_and_a_known_one_is_changed()
    {
        var sku = Replica.NewSku();

        var created = await replica.Put(sku, """{"name":"New","price":2.50}""");
        var changed = await replica.Put(sku, """{"name":"Newer","price":2.55}""");

        Assert.Equal((201, $"/products/{sku}"), (created.Status, created.Headers["Location"]));
        Assert.Equal(200, changed.Status);
        Assert.Equal(
            $$$"""{"sku":"{{{sku}}}","name":"Newer","price":{"amount":"2.55","currency":"EUR"},"available":0}""",
            (await replica.Get($"/products/{sku}")).Body.TrimEnd());
        await Wait.Until(
            () => replica.Inventory.Changed.Count(told => InventoryScenario.Body(told).GetProperty("sku").GetString() == sku) == 2,
            "both prices told");
    }
}

namespace Shop.Inventory.Tests.Api;

/// <summary>POST /products/{sku}/restock: goods come in once for each delivery.</summary>
[Collection<OneReplica>]
public sealed class RestockProductTests(Replica replica)
{
    [Theory]
    [InlineData("""{"quantity":0}""", 422)]
    [InlineData("""{"quantity":-5}""", 422)]
    [InlineData("""{"quantity":1.5}""", 422)]
    [InlineData("""{"quantity":1000001}""", 422)]
    [InlineData("""{"quantity":"1"}""", 400)]
    [InlineData("{}", 400)]
    public async Task A_bad_delivery_is_refused(string body, int status) =>
        (await replica.Restock("MUG-01", body)).MustBeProblem(status, "quantity");

    [Theory]
    [InlineData("NO-SUCH")]
    [InlineData("no-sku")]
    public async Task A_delivery_of_an_unknown_product_is_refused(string sku) =>
        (await replica.Restock(sku, """{"quantity":1}""")).MustBeProblem(404);

    [Fact]
    public async Task The_same_delivery_with_the_same_key_comes_in_once_and_gets_the_same_answer()
    {
        var sku = Replica.NewSku();
        Assert.Equal(201, (await replica.Put(sku, """{"name":"New","price":1}""")).Status);

        var first = await replica.Restock(sku, """{"quantity":5}""", "delivery-1");
        var second = await replica.Restock(sku, """{"quantity":5}""", "delivery-1");
        var third = await replica.Restock(sku, """{"quantity":5}""", "delivery-2");

        Assert.Equal((200, 5), (first.Status, first.Json.GetProperty("available").GetInt64()));
        Assert.Equal(first.Body, second.Body);
        Assert.Equal(10, third.Json.GetProperty("available").GetInt64());
        (await replica.Restock(sku, """{"quantity":6}""", "delivery-1")).MustBeProblem(422, "Idempotency-Key");
    }
}

namespace Shop.EndToEnd.Tests;

/// <summary>A service's refusal reaches the customer unchanged through the gateway, and no secret gets into a log.</summary>
public sealed class BadInputTests(ShopSystem shop)
{
    const string CardNumber = "4111 1111 1111 1111";
    const string CardDigits = "4111 ?1111";

    [Theory]
    [InlineData("POST", "/orders", """{"items":[{"sku":"MUG-01","quantity":0}],"paymentMethod":"tok_visa"}""", 422, "items[0].quantity")]
    [InlineData("GET", "/orders?status=Lost", null, 400, "status")]
    [InlineData("GET", "/orders/not-a-guid", null, 400, "id")]
    [InlineData("GET", "/orders/not-a-guid/timeline", null, 400, "id")]
    [InlineData("GET", "/orders/not-a-guid/events", null, 400, "id")]
    [InlineData("POST", "/orders/not-a-guid/cancel", null, 400, "id")]
    [InlineData("GET", "/orders/00000000-0000-0000-0000-000000000000/events", null, 404, null)]
    [InlineData("GET", "/payments/not-a-guid", null, 400, "orderId")]
    [InlineData("GET", "/products?after=no%20sku", null, 400, "after")]
    [InlineData("GET", "/products/NO-SUCH%0A", null, 404, null)]
    [InlineData("PUT", "/products/NEW-LINE%0A", """{"name":"Mug","price":1}""", 400, "sku")]
    [InlineData("POST", "/products/MUG-01/restock", """{"quantity":0}""", 422, "quantity")]
    [InlineData("GET", "/ops/dead-letters/ordering-none", null, 404, null)]
    public async Task What_a_service_refuses_is_told_as_it_says_it(string method, string path, string? body, int status, string? field) =>
        (await shop.Send(new(method), path, shop.Token("sam", "staff"), body)).MustBeProblem(status, field);

    [Fact]
    public async Task A_card_number_is_refused_and_gets_into_no_log()
    {
        var body = $$"""{"items":[{"sku":"MUG-01","quantity":1}],"paymentMethod":"{{CardNumber}}"}""";

        (await shop.Send(HttpMethod.Post, "/orders", shop.Token(), body)).MustBeProblem(422, "paymentMethod").MustKeepSecrets();

        foreach (var log in Directory.GetFiles(shop.Checkout.State.Logs))
        {
            await using var file = new FileStream(log, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            using var reader = new StreamReader(file);
            Assert.DoesNotMatch(CardDigits, await reader.ReadToEndAsync(TestContext.Current.CancellationToken));
        }
    }
}

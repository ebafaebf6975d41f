using System.Text;

namespace Shop.EndToEnd.Tests;

/// <summary>Whatever is sent, the answer is a problem that names what is wrong; never a 500, never an echo of a secret.</summary>
public sealed class BadInputTests(ShopSystem shop)
{
    const string CardNumber = "4111 1111 1111 1111";
    const string CardDigits = "4111 ?1111";

    [Theory]
    [InlineData(400, null, "")]
    [InlineData(400, null, "null")]
    [InlineData(400, null, "[]")]
    [InlineData(400, null, "{")]
    [InlineData(400, null, "{\"items\":")]
    [InlineData(400, null, "not json")]
    [InlineData(400, null, "{}")]
    [InlineData(400, null, """{"paymentMethod":"tok_visa"}""")]
    [InlineData(400, null, """{"items":[{"sku":"MUG-01","quantity":1}]}""")]
    [InlineData(400, "items", """{"items":null,"paymentMethod":"tok_visa"}""")]
    [InlineData(400, "items", """{"items":"MUG-01","paymentMethod":"tok_visa"}""")]
    [InlineData(400, "items[0]", """{"items":[null],"paymentMethod":"tok_visa"}""")]
    [InlineData(400, "items[0].quantity", """{"items":[{"sku":"MUG-01"}],"paymentMethod":"tok_visa"}""")]
    [InlineData(400, "items[0].sku", """{"items":[{"quantity":1}],"paymentMethod":"tok_visa"}""")]
    [InlineData(400, "items[0].sku", """{"items":[{"sku":null,"quantity":1}],"paymentMethod":"tok_visa"}""")]
    [InlineData(400, "items[0].sku", """{"items":[{"sku":7,"quantity":1}],"paymentMethod":"tok_visa"}""")]
    [InlineData(400, "items[0].quantity", """{"items":[{"sku":"MUG-01","quantity":"1"}],"paymentMethod":"tok_visa"}""")]
    [InlineData(400, "items[0].quantity", """{"items":[{"sku":"MUG-01","quantity":true}],"paymentMethod":"tok_visa"}""")]
    [InlineData(400, "items[0].quantity", """{"items":[{"sku":"MUG-01","quantity":1e400}],"paymentMethod":"tok_visa"}""")]
    [InlineData(400, "items[0].price", """{"items":[{"sku":"MUG-01","quantity":1,"price":0}],"paymentMethod":"tok_visa"}""")]
    [InlineData(400, "cardNumber", """{"items":[],"paymentMethod":"tok_visa","cardNumber":"4111111111111111"}""")]
    [InlineData(400, null, """{"items":[],"items":[],"paymentMethod":"tok_visa"}""")]
    [InlineData(422, "items", """{"items":[],"paymentMethod":"tok_visa"}""")]
    [InlineData(422, "items", """{"items":[{"sku":"NO-SUCH","quantity":1}],"paymentMethod":"tok_visa"}""")]
    [InlineData(422, "items", """{"items":[{"sku":"MUG-01","quantity":60},{"sku":"MUG-01","quantity":60}],"paymentMethod":"tok_visa"}""")]
    [InlineData(422, "items[0].sku", """{"items":[{"sku":"","quantity":1}],"paymentMethod":"tok_visa"}""")]
    [InlineData(422, "items[0].sku", """{"items":[{"sku":"'; drop table orders; --","quantity":1}],"paymentMethod":"tok_visa"}""")]
    [InlineData(422, "items[0].sku", """{"items":[{"sku":"4111111111111111","quantity":1}],"paymentMethod":"tok_visa"}""")]
    [InlineData(422, "items[0].quantity", """{"items":[{"sku":"MUG-01","quantity":0}],"paymentMethod":"tok_visa"}""")]
    [InlineData(422, "items[0].quantity", """{"items":[{"sku":"MUG-01","quantity":-1}],"paymentMethod":"tok_visa"}""")]
    [InlineData(422, "items[0].quantity", """{"items":[{"sku":"MUG-01","quantity":101}],"paymentMethod":"tok_visa"}""")]
    [InlineData(422, "items[0].quantity", """{"items":[{"sku":"MUG-01","quantity":99999999999}],"paymentMethod":"tok_visa"}""")]
    [InlineData(422, "items[0].quantity", """{"items":[{"sku":"MUG-01","quantity":1.5}],"paymentMethod":"tok_visa"}""")]
    [InlineData(422, "paymentMethod", """{"items":[{"sku":"MUG-01","quantity":1}],"paymentMethod":""}""")]
    [InlineData(422, "paymentMethod", """{"items":[{"sku":"MUG-01","quantity":1}],"paymentMethod":"visa"}""")]
    [InlineData(422, "paymentMethod", """{"items":[{"sku":"MUG-01","quantity":1}],"paymentMethod":"tok_"}""")]
    [InlineData(422, "paymentMethod", """{"items":[{"sku":"MUG-01","quantity":1}],"paymentMethod":"tok_with blank"}""")]
    [InlineData(422, "paymentMethod", """{"items":[{"sku":"MUG-01","quantity":1}],"paymentMethod":"tok_visa\n"}""")]
    [InlineData(422, "paymentMethod", """{"items":[{"sku":"MUG-01","quantity":1}],"paymentMethod":"pm_visa"}""")]
    [InlineData(422, "paymentMethod", """{"items":[{"sku":"MUG-01","quantity":1}],"paymentMethod":"tok_4111111111111111"}""")]
    [InlineData(422, "paymentMethod", """{"items":[{"sku":"MUG-01","quantity":1}],"paymentMethod":"4111111111111111"}""")]
    public async Task A_bad_order_is_refused_with_what_is_wrong_with_it(int status, string? field, string body)
    {
        var answer = await shop.Send(HttpMethod.Post, "/orders", shop.Token(), body);

        answer.MustBeProblem(status, field);
        Assert.DoesNotMatch(CardDigits, answer.Body);
        Assert.DoesNotContain("Shop.", answer.Body);
    }

    [Fact]
    public async Task A_card_number_is_refused_and_gets_into_no_log()
    {
        var body = $$"""{"items":[{"sku":"MUG-01","quantity":1}],"paymentMethod":"{{CardNumber}}"}""";

        (await shop.Send(HttpMethod.Post, "/orders", shop.Token(), body)).MustBeProblem(422, "paymentMethod");

        foreach (var log in Directory.GetFiles(shop.Checkout.State.Logs))
        {
            await using var file = new FileStream(log, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            using var reader = new StreamReader(file);
            Assert.DoesNotMatch(CardDigits, await reader.ReadToEndAsync(TestContext.Current.CancellationToken));
        }
    }

    [Fact]
    public async Task More_than_fifty_lines_are_refused()
    {
        var lines = string.Join(',', Enumerable.Range(0, 51).Select(number => $$"""{"sku":"SKU-{{number}}","quantity":1}"""));

        var answer = await shop.Send(HttpMethod.Post, "/orders", shop.Token(), $$"""{"items":[{{lines}}],"paymentMethod":"tok_visa"}""");

        answer.MustBeProblem(422, "items");
    }

    [Fact]
    public async Task A_body_above_64_KiB_is_refused()
    {
        var answer = await shop.Send(HttpMethod.Post, "/orders", shop.Token(), new StringBuilder().Append('a', 70_000).ToString());

        answer.MustBeProblem(413);
    }

    [Fact]
    public async Task A_body_that_is_nested_without_end_is_refused() =>
        (await shop.Send(HttpMethod.Post, "/orders", shop.Token(), new StringBuilder().Append('[', 30_000).ToString())).MustBeProblem(400);

    [Theory]
    [InlineData("/orders/not-a-guid", 400, "id")]
    [InlineData("/orders/not-a-guid/timeline", 400, "id")]
    [InlineData("/orders/not-a-guid/events", 400, "id")]
    [InlineData("/orders/00000000-0000-0000-0000-000000000000", 404, null)]
    [InlineData("/orders/00000000-0000-0000-0000-000000000000/timeline", 404, null)]
    [InlineData("/orders/00000000-0000-0000-0000-000000000000/events", 404, null)]
    [InlineData("/orders?after=nonsense", 400, "after")]
    [InlineData("/orders?after=AAAA", 400, "after")]
    [InlineData("/orders?limit=0", 400, "limit")]
    [InlineData("/orders?limit=101", 400, "limit")]
    [InlineData("/orders?limit=ten", 400, "limit")]
    [InlineData("/orders?status=Lost", 400, "status")]
    [InlineData("/payments/not-a-guid", 400, "orderId")]
    [InlineData("/payments/00000000-0000-0000-0000-000000000000", 404, null)]
    [InlineData("/products/NO-SUCH", 404, null)]
    [InlineData("/products/NO-SUCH%0A", 404, null)]
    [InlineData("/products?limit=0", 400, "limit")]
    [InlineData("/products?limit=1001", 400, "limit")]
    [InlineData("/products?after=no%20sku", 400, "after")]
    [InlineData("/no-such-route", 404, null)]
    public async Task A_bad_address_is_answered_with_what_is_wrong_with_it(string path, int status, string? field) =>
        (await shop.Send(HttpMethod.Get, path, shop.Token())).MustBeProblem(status, field);

    [Fact]
    public async Task Cancelling_an_order_that_does_not_exist_is_refused()
    {
        (await shop.Send(HttpMethod.Post, "/orders/not-a-guid/cancel", shop.Token())).MustBeProblem(400, "id");
        (await shop.Send(HttpMethod.Post, $"/orders/{Guid.NewGuid()}/cancel", shop.Token())).MustBeProblem(404);
    }

    [Fact]
    public async Task A_wrong_media_type_is_refused()
    {
        var answer = await shop.Send(HttpMethod.Put, "/products/MUG-01", shop.Token("sam", "staff"));

        Assert.Contains(answer.Status, new[] { 400, 415 });
        answer.MustBeProblem(answer.Status);
    }

    [Theory]
    [InlineData("MUG-01", """{"name":"","price":1}""", 422, "name")]
    [InlineData("MUG-01", """{"name":"Mug","price":0}""", 422, "price")]
    [InlineData("MUG-01", """{"name":"Mug","price":1.999}""", 422, "price")]
    [InlineData("MUG-01", """{"name":"Mug","price":"1"}""", 400, "price")]
    [InlineData("mug", """{"name":"Mug","price":1}""", 400, "sku")]
    [InlineData("NEW-LINE%0A", """{"name":"Mug","price":1}""", 400, "sku")]
    [InlineData("MUG-01", """{"name":"   ","price":1}""", 422, "name")]
    [InlineData("MUG-01", """{"name":"a\u0000b","price":1}""", 422, "name")]
    [InlineData("MUG-01", """{"name":"a\u001b[31mred","price":1}""", 422, "name")]
    [InlineData("MUG-01", """{"name":"two\u2028lines","price":1}""", 422, "name")]
    [InlineData("MUG-01", """{"name":"\u202egnp.exe","price":1}""", 422, "name")]
    public async Task A_bad_product_is_refused_with_what_is_wrong_with_it(string sku, string body, int status, string field) =>
        (await shop.Send(HttpMethod.Put, $"/products/{sku}", shop.Token("sam", "staff"), body)).MustBeProblem(status, field);

    [Theory]
    [InlineData("""{"quantity":0}""", 422)]
    [InlineData("""{"quantity":-5}""", 422)]
    [InlineData("""{"quantity":1.5}""", 422)]
    [InlineData("""{"quantity":1000001}""", 422)]
    public async Task A_bad_delivery_is_refused(string body, int status) =>
        (await shop.Send(HttpMethod.Post, "/products/MUG-01/restock", shop.Token("sam", "staff"), body)).MustBeProblem(status, "quantity");
}

using Shop.Support;

namespace Shop.Ordering.Tests.Api;

/// <summary>Any body gets an answer that has the result or names the error, and repeats no secret.</summary>
[Collection<OneReplica>]
public sealed class PlaceOrderTests(Replica replica)
{
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
        var answer = await Post(body);

        answer.MustBeProblem(status, field);
        answer.MustKeepSecrets();
    }

    [Fact]
    public async Task Longest_sku_and_token_are_taken_for_what_they_are()
    {
        var (sku, token) = (new string('A', 32), "tok_" + new string('x', 124));

        (await Post(Order(sku, "tok_visa"))).MustBeProblem(422, "items");
        (await Post(Order(sku + "A", "tok_visa"))).MustBeProblem(422, "items[0].sku");
        Assert.Equal(202, (await Post(Order("MUG-01", token))).Status);
        (await Post(Order("MUG-01", token + "x"))).MustBeProblem(422, "paymentMethod");
    }

    [Fact]
    public async Task More_than_fifty_lines_are_refused()
    {
        var lines = string.Join(',', Enumerable.Range(0, 51).Select(number => $$"""{"sku":"SKU-{{number}}","quantity":1}"""));

        (await Post($$"""{"items":[{{lines}}],"paymentMethod":"tok_visa"}""")).MustBeProblem(422, "items");
    }

    [Fact]
    public async Task A_body_above_64_KiB_is_refused() => (await Post(new string('a', 70_000))).MustBeProblem(413);

    [Fact]
    public async Task A_body_that_is_nested_without_end_is_refused() => (await Post(new string('[', 30_000))).MustBeProblem(400);

    [Fact]
    public async Task An_order_that_is_accepted_is_told_where_to_look_for_its_outcome()
    {
        var answer = await replica.Place(replica.Token());

        Assert.Equal((202, "application/json"), (answer.Status, answer.MediaType));
        Assert.Equal($"/orders/{answer.OrderId}", answer.Headers["Location"]);
        Assert.Equal("Placed", answer.Json.GetProperty("status").GetString());
    }

    [Fact]
    public async Task The_total_is_the_sum_of_the_lines_at_the_prices_of_the_moment()
    {
        var placed = await Post("""{"items":[{"sku":"MUG-01","quantity":2},{"sku":"PEN-01","quantity":3}],"paymentMethod":"tok_visa"}""");

        Assert.Equal("""{"amount":"32.50","currency":"EUR"}""", placed.Json.GetProperty("total").GetRawText());
    }

    [Fact]
    public async Task Lines_of_one_product_are_merged()
    {
        var placed = await Post("""{"items":[{"sku":"MUG-01","quantity":2},{"sku":"MUG-01","quantity":3}],"paymentMethod":"tok_visa"}""");

        var items = (await replica.Get($"/orders/{placed.OrderId}", replica.Token())).Json.GetProperty("items");

        Assert.Equal(1, items.GetArrayLength());
        Assert.Equal(5, items[0].GetProperty("quantity").GetInt32());
    }

    Task<Answer> Post(string body) => replica.Send(HttpMethod.Post, "/orders", replica.Token(), body);

    static string Order(string sku, string payment) => $$"""{"items":[{"sku":"{{sku}}","quantity":1}],"paymentMethod":"{{payment}}"}""";
}

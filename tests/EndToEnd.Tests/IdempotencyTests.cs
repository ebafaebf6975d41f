namespace Shop.EndToEnd.Tests;

/// <summary>One key, one order, however often and wherever it is asked for.</summary>
public sealed class IdempotencyTests(ShopSystem shop)
{
    [Fact]
    public async Task The_same_request_with_the_same_key_gets_the_same_answer()
    {
        var token = shop.Token();
        var key = Guid.NewGuid().ToString();

        var first = await shop.Place(token, key: key);
        var second = await shop.Place(token, key: key);

        Assert.Equal(202, second.Status);
        Assert.Equal(first.Body, second.Body);
        Assert.Equal(first.Headers["Location"], second.Headers["Location"]);
    }

    [Fact]
    public async Task Many_at_once_with_one_key_make_one_order()
    {
        var customer = $"keys-{Guid.NewGuid():N}";
        var token = shop.Token(customer);

        var answers = await Task.WhenAll(Enumerable.Range(0, 30).Select(_ => shop.Place(token, key: "the-one")));

        Assert.All(answers, answer => Assert.Contains(answer.Status, new[] { 202, 409 }));
        Assert.Single(answers.Where(answer => answer.Status == 202).Select(answer => answer.OrderId).Distinct());
        var listed = (await shop.Send(HttpMethod.Get, "/orders", token)).Json.GetProperty("orders");
        Assert.Equal(1, listed.GetArrayLength());
    }

    [Fact]
    public async Task A_key_cannot_be_used_for_another_request()
    {
        var token = shop.Token();
        var key = Guid.NewGuid().ToString();
        await shop.Place(token, quantity: 1, key: key);

        (await shop.Place(token, quantity: 2, key: key)).MustBeProblem(422, "Idempotency-Key");
    }

    [Fact]
    public async Task A_failed_attempt_does_not_use_up_the_key()
    {
        var token = shop.Token();
        var key = Guid.NewGuid().ToString();

        (await shop.Place(token, "NO-SUCH", key: key)).MustBeProblem(422);

        Assert.Equal(202, (await shop.Place(token, key: key)).Status);
    }

    [Fact]
    public async Task Two_customers_may_use_the_same_key()
    {
        var key = Guid.NewGuid().ToString();

        var first = await shop.Place(shop.Token("alice"), key: key);
        var second = await shop.Place(shop.Token("bob"), key: key);

        Assert.NotEqual(first.OrderId, second.OrderId);
    }

    [Theory]
    [InlineData("with blank")]
    [InlineData("0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901")]
    public async Task A_bad_key_is_refused(string key) =>
        (await shop.Place(shop.Token(), key: key)).MustBeProblem(400, "Idempotency-Key");
}

namespace Shop.EndToEnd.Tests;

/// <summary>One key makes one order, at any replica.</summary>
public sealed class IdempotencyTests(ShopSystem shop)
{
    [Fact]
    public async Task Many_at_once_with_one_key_make_one_order_at_two_replicas()
    {
        var customer = $"keys-{Guid.NewGuid():N}";
        var token = shop.Token(customer);

        var answers = await Task.WhenAll(Enumerable.Range(0, 30).Select(_ => shop.Place(token, key: "the-one")));

        Assert.All(answers, answer => Assert.Contains(answer.Status, new[] { 202, 409 }));
        Assert.Single(answers.Where(answer => answer.Status == 202).Select(answer => answer.OrderId).Distinct());
        var listed = (await shop.Send(HttpMethod.Get, "/orders", token)).Json.GetProperty("orders");
        Assert.Equal(1, listed.GetArrayLength());
    }
}

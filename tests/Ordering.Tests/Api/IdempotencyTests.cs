namespace Shop.Ordering.Tests.Api;

/// <summary>One key makes one order, however often the request is sent.</summary>
[Collection<OneReplica>]
public sealed class IdempotencyTests(Replica replica)
{
    readonly string _customer = replica.NewCustomer();

    [Fact]
    public async Task The_same_request_with_the_same_key_gets_the_same_answer()
    {
        var first = await replica.Place(_customer, key: "key");
        var second = await replica.Place(_customer, key: "key");

        Assert.Equal(202, second.Status);
        Assert.Equal(first.Body, second.Body);
        Assert.Equal(first.Headers["Location"], second.Headers["Location"]);
    }

    [Fact]
    public async Task Many_at_once_with_one_key_make_one_order()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 30).Select(_ => replica.Place(_customer, key: "key")));

        Assert.All(answers, answer => Assert.Contains(answer.Status, new[] { 202, 409 }));
        Assert.Single(answers.Where(answer => answer.Status == 202).Select(answer => answer.OrderId).Distinct());
        Assert.Equal(1, (await replica.Get("/orders", _customer)).Json.GetProperty("orders").GetArrayLength());
    }

    [Fact]
    public async Task A_key_cannot_be_used_for_another_request()
    {
        await replica.Place(_customer, quantity: 1, key: "key");

        (await replica.Place(_customer, quantity: 2, key: "key")).MustBeProblem(422, "Idempotency-Key");
    }

    [Fact]
    public async Task A_failed_attempt_does_not_use_up_the_key()
    {
        (await replica.Place(_customer, "NO-SUCH", key: "key")).MustBeProblem(422);

        Assert.Equal(202, (await replica.Place(_customer, key: "key")).Status);
    }

    [Fact]
    public async Task Two_customers_may_use_the_same_key()
    {
        var first = await replica.Place(_customer, key: "key");
        var second = await replica.Place(replica.NewCustomer(), key: "key");

        Assert.NotEqual(first.OrderId, second.OrderId);
    }

    [Fact]
    public async Task A_key_has_no_blank_and_at_most_200_characters()
    {
        var longest = new string('0', 200);

        (await replica.Place(_customer, key: "with blank")).MustBeProblem(400, "Idempotency-Key");
        (await replica.Place(_customer, key: longest + "0")).MustBeProblem(400, "Idempotency-Key");
        Assert.Equal(202, (await replica.Place(_customer, key: longest)).Status);
    }
}

using Shop.Support;

namespace Shop.Ordering.Tests.Api;

/// <summary>Ordering checks the rights of a caller itself, whatever stands before it.</summary>
[Collection<OneReplica>]
public sealed class AccessTests(TestServers servers, Replica replica)
{
    [Theory]
    [InlineData("GET", "/orders")]
    [InlineData("POST", "/orders")]
    [InlineData("GET", "/orders/1")]
    [InlineData("POST", "/orders/1/cancel")]
    [InlineData("GET", "/orders/1/timeline")]
    [InlineData("GET", "/orders/1/events")]
    [InlineData("GET", "/ops/stuck-orders")]
    [InlineData("GET", "/ops/audit")]
    [InlineData("GET", "/ops/dead-letters")]
    [InlineData("GET", "/ops/dead-letters/ordering-1")]
    [InlineData("POST", "/ops/dead-letters/ordering-1/replay")]
    [InlineData("DELETE", "/ops/dead-letters/ordering-1")]
    public async Task A_protected_route_asks_for_a_token(string method, string path)
    {
        var answer = (await replica.Send(new(method), path, null, method == "GET" ? null : "{}")).MustBeProblem(401);

        Assert.StartsWith("Bearer", answer.Headers["WWW-Authenticate"]);
    }

    [Theory]
    [InlineData("GET", "/ops/stuck-orders")]
    [InlineData("GET", "/ops/audit")]
    [InlineData("GET", "/ops/dead-letters")]
    [InlineData("GET", "/ops/dead-letters/ordering-1")]
    [InlineData("POST", "/ops/dead-letters/ordering-1/replay")]
    [InlineData("DELETE", "/ops/dead-letters/ordering-1")]
    public async Task A_customer_may_not_do_what_staff_may(string method, string path)
    {
        (await replica.Send(new(method), path, replica.Token(), method == "GET" ? null : "{}")).MustBeProblem(403);

        var asStaff = await replica.Send(new(method), path, replica.Token("sam", "staff"), method == "GET" ? null : "{}");
        Assert.Contains(asStaff.Status, new[] { 200, 404 });
    }

    [Theory]
    [MemberData(nameof(ForgedTokens.Kinds), MemberType = typeof(ForgedTokens))]
    public async Task A_token_that_is_not_ours_is_refused(string kind) =>
        (await replica.Get("/orders", servers.ForgedToken(kind))).MustBeProblem(401);

    [Fact]
    public async Task Another_customers_order_does_not_exist()
    {
        var (alice, mallory) = (replica.NewCustomer(), replica.NewCustomer());
        var order = await replica.Confirmed(alice);

        foreach (var path in new[] { $"/orders/{order}", $"/orders/{order}/timeline", $"/orders/{order}/events" })
        {
            (await replica.Get(path, mallory)).MustBeProblem(404);
            Assert.Equal(200, (await replica.Get(path, alice)).Status);
            Assert.Equal(200, (await replica.Get(path, replica.Token("sam", "staff"))).Status);
        }

        (await replica.Cancel(order, mallory)).MustBeProblem(404);
        Assert.Equal("Confirmed", await replica.Ordering.Status(order));
        Assert.DoesNotContain($"{order}", (await replica.Get("/orders?limit=100", mallory)).Body);
    }
}

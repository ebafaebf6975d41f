using Shop.Support;

namespace Shop.EndToEnd.Tests;

/// <summary>Callers can do what their role allows. The gateway and the services refuse a caller without a valid token.</summary>
public sealed class AccessTests(ShopSystem shop)
{
    public static TheoryData<string, string> ProtectedRoutes { get; } = new()
    {
        { "GET", "/orders" }, { "POST", "/orders" }, { "GET", "/orders/1" }, { "POST", "/orders/1/cancel" },
        { "GET", "/orders/1/timeline" },
        { "GET", "/orders/1/events" }, { "GET", "/payments/1" }, { "PUT", "/products/MUG-01" }, { "POST", "/products/MUG-01/restock" },
        { "GET", "/ops/stuck-orders" }, { "GET", "/ops/audit" }, { "GET", "/ops/dead-letters" }, { "GET", "/ops/dead-letters/ordering-1" },
        { "POST", "/ops/dead-letters/inventory-1/replay" }, { "DELETE", "/ops/dead-letters/payment-1" },
    };

    [Theory]
    [MemberData(nameof(ProtectedRoutes))]
    public async Task A_protected_route_asks_for_a_token(string method, string path)
    {
        var answer = (await shop.Send(new HttpMethod(method), path, null, method == "GET" ? null : "{}")).MustBeProblem(401);

        Assert.StartsWith("Bearer", answer.Headers["WWW-Authenticate"]);
    }

    [Theory]
    [InlineData("/products")]
    [InlineData("/products/MUG-01")]
    [InlineData("/health/live")]
    [InlineData("/health/ready")]
    [InlineData("/openapi/v1.json")]
    [InlineData("/docs")]
    public async Task Some_routes_are_for_everybody(string path) => Assert.Equal(200, (await shop.Send(HttpMethod.Get, path, null)).Status);

    [Fact]
    public async Task Another_customers_order_does_not_exist()
    {
        var alice = shop.Token("alice");
        var mallory = shop.Token("mallory");
        var order = (await shop.Place(alice)).OrderId;
        await shop.End(order, alice);

        foreach (var path in new[] { $"/orders/{order}", $"/orders/{order}/timeline", $"/orders/{order}/events", $"/payments/{order}" })
        {
            (await shop.Send(HttpMethod.Get, path, mallory)).MustBeProblem(404);
            Assert.Equal(200, (await shop.Send(HttpMethod.Get, path, alice)).Status);
            Assert.Equal(200, (await shop.Send(HttpMethod.Get, path, shop.Token("sam", "staff"))).Status);
        }

        (await shop.Send(HttpMethod.Post, $"/orders/{order}/cancel", mallory)).MustBeProblem(404);
        var listed = await shop.Send(HttpMethod.Get, "/orders?limit=100", mallory);
        Assert.DoesNotContain(order.ToString(), listed.Body);
    }

    [Fact]
    public async Task A_token_that_was_changed_after_signing_is_refused_by_the_gateway_and_by_each_service()
    {
        var token = ForgedTokens.Change(shop.Token("mallory"));

        (await shop.Send(HttpMethod.Get, "/orders", token)).MustBeProblem(401);
        foreach (var (service, path) in new[]
        {
            ("ordering-1", "/orders"), ("inventory-1", "/ops/audit"), ("payment-1", $"/payments/{Guid.NewGuid()}")
        })
        {
            (await shop.Send(HttpMethod.Get, $"http://127.0.0.1:{shop.Find(service).Port}{path}", token)).MustBeProblem(401);
        }
    }
}

using System.Net;

namespace Shop.Gateway.Tests;

public sealed class AuthenticationTests : IAsyncLifetime
{
    GatewayScenario _shop = null!;

    public static TheoryData<string, string, string> Forgeries => new()
    {
        { "signed by another key", Tokens.Issue("mallory", "staff", withOtherKey: true), "signature is wrong" },
        { "not signed at all", Tokens.Unsigned(), "signature is wrong" },
        { "signed with the public key as a secret", Tokens.SignedWithPublicKey(), "signature is wrong" },
        { "expired", Tokens.Issue("alice", "customer", validFrom: TimeSpan.FromHours(-1)), "has expired" },
        { "from the future", Tokens.Issue("alice", "customer", validFrom: TimeSpan.FromHours(1)), "not valid yet" },
        { "for somebody else", Tokens.Issue("alice", "customer", audience: "bank"), "another audience" },
        { "from somebody else", Tokens.Issue("alice", "customer", issuer: "bank"), "issuer that is not trusted" },
        { "changed after signing", Tokens.ChangedAfterSigning(), "signature is wrong" },
        { "no token", "nonsense", "malformed" },
        { "for nobody", Tokens.Issue("", "customer"), "subject" },
        { "for a blank", Tokens.Issue(" ", "customer"), "subject" },
        { "for what no database takes", Tokens.Issue("a\0b", "customer"), "subject" },
        { "for two lines", Tokens.Issue("a\nb", "customer"), "subject" },
        { "for more than an index takes", Tokens.Issue(new string('x', 256), "customer"), "subject" },
    };

    public async ValueTask InitializeAsync() => _shop = await GatewayScenario.Start();

    public ValueTask DisposeAsync() => _shop.DisposeAsync();

    [Theory, MemberData(nameof(Forgeries), DisableDiscoveryEnumeration = true)]
    public async Task A_token_that_is_not_ours_is_refused_and_the_reason_named(string kind, string token, string reason)
    {
        using var answer = await _shop.Get("/orders", token);

        var problem = await answer.IsProblem(HttpStatusCode.Unauthorized);
        Assert.True(problem.Detail().Contains(reason), $"{kind}: {problem.Detail()}");
        Assert.Equal("Bearer error=\"invalid_token\"", answer.Headers.WwwAuthenticate.Single().ToString());
        Assert.Empty(_shop.OrderingRequests);
    }

    [Theory]
    [InlineData("josé")]
    [InlineData("🧑‍🚀")]
    [InlineData("x' or '1'='1")]
    public async Task A_subject_is_any_text_up_to_255_characters(string name)
    {
        using var odd = await _shop.Get("/orders", Tokens.Customer(name));
        using var longest = await _shop.Get("/orders", Tokens.Customer(name.PadRight(255, 'x')));

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK), (odd.StatusCode, longest.StatusCode));
    }

    [Fact]
    public async Task Without_a_token_the_answer_says_how_to_send_one()
    {
        using var answer = await _shop.Get("/orders", token: "");

        var problem = await answer.IsProblem(HttpStatusCode.Unauthorized);
        Assert.Contains("Authorization: Bearer", problem.Detail());
        Assert.Equal("Bearer", answer.Headers.WwwAuthenticate.Single().ToString());
    }

    [Theory]
    [InlineData("GET", "/ops/stuck-orders")]
    [InlineData("GET", "/ops/audit")]
    [InlineData("GET", "/ops/dead-letters")]
    [InlineData("GET", "/ops/dead-letters/ordering-1")]
    [InlineData("POST", "/ops/dead-letters/inventory-1/replay")]
    [InlineData("DELETE", "/ops/dead-letters/payment-1")]
    [InlineData("PUT", "/products/MUG-01")]
    [InlineData("POST", "/products/MUG-01/restock")]
    public async Task What_is_for_staff_is_forbidden_to_customers(string method, string path)
    {
        using var refused = await _shop.Send(new(new(method), path));
        using var allowed = await _shop.Send(new(new(method), path), Tokens.Staff());

        await refused.IsProblem(HttpStatusCode.Forbidden);
        Assert.Equal(HttpStatusCode.OK, allowed.StatusCode);
    }

    [Theory]
    [InlineData("GET", "/orders")]
    [InlineData("POST", "/orders")]
    [InlineData("GET", "/orders/1")]
    [InlineData("POST", "/orders/1/cancel")]
    [InlineData("GET", "/orders/1/timeline")]
    [InlineData("GET", "/orders/1/events")]
    [InlineData("GET", "/payments/1")]
    [InlineData("PUT", "/products/MUG-01")]
    [InlineData("POST", "/products/MUG-01/restock")]
    [InlineData("GET", "/ops/stuck-orders")]
    [InlineData("GET", "/ops/audit")]
    [InlineData("GET", "/ops/dead-letters")]
    [InlineData("GET", "/ops/dead-letters/ordering-1")]
    [InlineData("POST", "/ops/dead-letters/inventory-1/replay")]
    [InlineData("DELETE", "/ops/dead-letters/payment-1")]
    public async Task A_protected_route_asks_for_a_token_before_any_service_hears_of_the_request(string method, string path)
    {
        using var answer = await _shop.Send(new(new(method), path), token: "");

        await answer.IsProblem(HttpStatusCode.Unauthorized);
        Assert.Equal("Bearer", answer.Headers.WwwAuthenticate.Single().ToString());
        Assert.Empty(new[] { _shop.Ordering[0], _shop.Inventory, _shop.Payment }.SelectMany(service => service.Requests));
    }

    [Fact]
    public async Task A_token_with_no_role_of_ours_is_forbidden()
    {
        using var answer = await _shop.Get("/orders", Tokens.Issue("alice", "guest"));

        await answer.IsProblem(HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task Somebody_who_waits_for_an_event_stream_is_told_the_reason_too()
    {
        var request = new HttpRequestMessage(HttpMethod.Get, "/orders/1/events") { Headers = { { "Accept", "text/event-stream" } } };
        using var answer = await _shop.Send(request, token: "");

        await answer.IsProblem(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task The_catalogue_is_public()
    {
        using var answer = await _shop.Get("/products/MUG-01", token: "");

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }
}

using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using Shop.Cli;

namespace Shop.EndToEnd.Tests;

/// <summary>Who may do what; and that neither the gateway nor a service believes anybody without a valid token.</summary>
public sealed class AccessTests(ShopSystem shop)
{
    public static TheoryData<string, string> ProtectedRoutes { get; } = new()
    {
        { "GET", "/orders" }, { "POST", "/orders" }, { "GET", "/orders/1" }, { "POST", "/orders/1/cancel" }, { "GET", "/orders/1/timeline" },
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
    [InlineData("PUT", "/products/MUG-01")]
    [InlineData("POST", "/products/MUG-01/restock")]
    [InlineData("GET", "/ops/stuck-orders")]
    [InlineData("GET", "/ops/audit")]
    [InlineData("GET", "/ops/dead-letters")]
    [InlineData("GET", "/ops/dead-letters/ordering-1")]
    [InlineData("POST", "/ops/dead-letters/inventory-1/replay")]
    [InlineData("DELETE", "/ops/dead-letters/payment-1")]
    public async Task A_customer_may_not_do_what_staff_may(string method, string path) =>
        (await shop.Send(new HttpMethod(method), path, shop.Token(), method == "GET" ? null : "{}")).MustBeProblem(403);

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

    [Theory]
    [InlineData("ordering-1")]
    [InlineData("inventory-1")]
    [InlineData("payment-1")]
    public async Task A_service_asks_for_itself_who_may_see_its_dead_letters(string service)
    {
        var address = $"http://127.0.0.1:{shop.Find(service).Port}/ops/dead-letters";
        (await shop.Send(HttpMethod.Get, address, null)).MustBeProblem(401);
        (await shop.Send(HttpMethod.Get, address, shop.Token())).MustBeProblem(403);
        Assert.Equal(200, (await shop.Send(HttpMethod.Get, address, shop.Token("sam", "staff"))).Status);
    }

    [Theory]
    [InlineData("expired")]
    [InlineData("signed by somebody else")]
    [InlineData("for another audience")]
    [InlineData("from another issuer")]
    [InlineData("not signed")]
    [InlineData("signed with the public key as a password")]
    [InlineData("changed after signing")]
    [InlineData("nonsense")]
    public async Task A_token_that_is_not_ours_is_refused_by_the_gateway_and_by_each_service(string kind)
    {
        var token = Forge(kind);
        (await shop.Send(HttpMethod.Get, "/orders", token)).MustBeProblem(401);
        foreach (var (service, path) in new[] { ("ordering-1", "/orders"), ("payment-1", $"/payments/{Guid.NewGuid()}") })
        {
            var address = $"http://127.0.0.1:{shop.Find(service).Port}{path}";
            (await shop.Send(HttpMethod.Get, address, token)).MustBeProblem(401);
        }
    }

    string Forge(string kind)
    {
        var secrets = shop.Checkout.State.Secrets;
        var ours = new SigningCredentials(new RsaSecurityKey(secrets.SigningKey()), SecurityAlgorithms.RsaSha256);
        var theirs = new SigningCredentials(
            new RsaSecurityKey(System.Security.Cryptography.RSA.Create(2048)), SecurityAlgorithms.RsaSha256);
        var password = new SigningCredentials(
            new SymmetricSecurityKey(File.ReadAllBytes(secrets.PublicKeyFile)), SecurityAlgorithms.HmacSha256);
        return kind switch
        {
            "expired" => Make(ours, expires: DateTime.UtcNow.AddMinutes(-5)),
            "signed by somebody else" => Make(theirs),
            "for another audience" => Make(ours, audience: "elsewhere"),
            "from another issuer" => Make(ours, issuer: "elsewhere"),
            "not signed" => Make(null),
            "signed with the public key as a password" => Make(password),
            "changed after signing" => Tampered(Make(ours)),
            _ => "nonsense",
        };
    }

    static string Tampered(string token)
    {
        var parts = token.Split('.');
        var payload = Base64UrlEncoder.Decode(parts[1]).Replace("mallory", "alice00", StringComparison.Ordinal);
        return $"{parts[0]}.{Base64UrlEncoder.Encode(payload)}.{parts[2]}";
    }

    static string Make(
        SigningCredentials? signing, string audience = Tokens.Audience, string issuer = Tokens.Issuer, DateTime? expires = null) =>
        new JsonWebTokenHandler().CreateToken(new SecurityTokenDescriptor
        {
            Issuer = issuer,
            Audience = audience,
            Subject = new([new("sub", "mallory"), new("role", "customer")]),
            NotBefore = DateTime.UtcNow.AddHours(-1),
            Expires = expires ?? DateTime.UtcNow.AddHours(1),
            SigningCredentials = signing,
        });
}

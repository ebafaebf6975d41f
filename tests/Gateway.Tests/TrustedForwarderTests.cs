using System.Net;

namespace Shop.Gateway.Tests;

/// <summary>Which forwarders the gateway trusts about a client's address.</summary>
public sealed class TrustedForwarderTests
{
    [Fact]
    public async Task Clients_behind_a_trusted_proxy_have_a_share_each()
    {
        await using var shop = await GatewayScenario.Start(
            ("TrustedForwarders:Networks:0", "127.0.0.0/8"), ("RateLimits:RequestsPerSecond", "1"), ("RateLimits:Burst", "3"));

        await RequestUntilRefused(shop, "203.0.113.9");
        using var other = await Request(shop, "198.51.100.7");

        Assert.Equal(HttpStatusCode.OK, other.StatusCode);
        Assert.Equal("198.51.100.7", shop.Inventory.Requests.Last().Headers["X-Forwarded-For"]);
    }

    [Fact]
    public async Task The_last_address_that_no_trusted_proxy_has_counts()
    {
        await using var shop = await GatewayScenario.Start(
            ("TrustedForwarders:Networks:0", "127.0.0.1"), ("TrustedForwarders:Networks:1", "10.0.0.0/8"),
            ("RateLimits:RequestsPerSecond", "1"), ("RateLimits:Burst", "3"));

        // The client itself wrote the addresses before it.
        await RequestUntilRefused(shop, "203.0.113.9, 10.1.2.3");
        using var pretender = await Request(shop, "198.51.100.7, 203.0.113.9, 10.1.2.3");

        Assert.Equal(HttpStatusCode.TooManyRequests, pretender.StatusCode);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("10.0.0.0/8")]
    public async Task Nobody_else_is_believed(string? trusted)
    {
        await using var shop = await GatewayScenario.Start(
            [("RateLimits:RequestsPerSecond", "1"), ("RateLimits:Burst", "3"), .. trusted is null
                ? Array.Empty<(string, string)>()
                : [("TrustedForwarders:Networks:0", trusted)]]);

        await RequestUntilRefused(shop, "203.0.113.9");
        using var other = await Request(shop, "198.51.100.7");

        Assert.Equal(HttpStatusCode.TooManyRequests, other.StatusCode);
    }

    static async Task RequestUntilRefused(GatewayScenario shop, string forwardedFor)
    {
        // At one request a second, the bucket is empty well before that, even on a slow machine.
        for (var count = 0; count < 50; count++)
        {
            using var answer = await Request(shop, forwardedFor);
            if (answer.StatusCode == HttpStatusCode.TooManyRequests)
            {
                return;
            }
        }

        throw new InvalidOperationException("Nothing was refused.");
    }

    static Task<HttpResponseMessage> Request(GatewayScenario shop, string forwardedFor) =>
        shop.Send(new(HttpMethod.Get, "/products") { Headers = { { "X-Forwarded-For", forwardedFor } } }, token: "");
}

using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Shop.Hosting.Tests;

/// <summary>Keys from an OpenID Connect issuer instead of a file.</summary>
public sealed class IssuerTests
{
    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_keys_that_an_issuer_publishes_verify_its_tokens()
    {
        await using var issuer = await FakeService.Start();
        issuer.Answer = http => http.Response.WriteAsync(http.Request.Path == "/keys"
            ? JsonSerializer.Serialize(Tokens.KeySet())
            : $$"""{"issuer":"shop","jwks_uri":"{{issuer.Address}}keys"}""");
        await using var process = await Start(issuer.Address);

        using var answer = await process.Client.GetAsync("/things", Cancellation);
        process.Client.DefaultRequestHeaders.Authorization = new("Bearer", Tokens.Issue("mallory", "staff", withOtherKey: true));
        using var forged = await process.Client.GetAsync("/things", Cancellation);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        await forged.IsProblem(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task While_the_issuer_is_away_nobody_is_called_a_forger()
    {
        await using var process = await Start("http://127.0.0.1:1/");

        using var answer = await process.Client.GetAsync("/things", Cancellation);

        var problem = await answer.IsProblem(HttpStatusCode.ServiceUnavailable);
        Assert.Contains("issuer's keys", problem.Detail());
        Assert.NotNull(answer.Headers.RetryAfter);
    }

    static Task<HostingProcess> Start(string authority) => HostingProcess.Start(
        app => app.MapGet("/things", () => "fine"),
        settings: ("Authentication:Authority", authority));
}

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Shop.Gateway.Tests;

/// <summary>JSON answers end with a newline, so that users of curl have the prompt on a line of its own.</summary>
public sealed class LineEndTests
{
    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("/things")]
    [InlineData("/problem")]
    [InlineData("/bug")]
    [InlineData("/nowhere")]
    [InlineData("/health/live")]
    [InlineData("/health/ready")]
    public async Task A_JSON_answer_of_a_service_ends_with_one_newline(string path)
    {
        await using var process = await HostingProcess.Start(Map);

        using var answer = await process.Client.GetAsync(path, Cancellation);

        await EndsWithOneNewline(answer);
    }

    [Fact]
    public async Task An_answer_that_is_not_JSON_gets_none()
    {
        await using var process = await HostingProcess.Start(Map);

        Assert.Equal("text", await process.Client.GetStringAsync("/text", Cancellation));
        Assert.Equal("", await process.Client.GetStringAsync("/empty", Cancellation));
    }

    [Fact]
    public async Task A_services_answer_passes_the_gateway_as_it_is()
    {
        await using var shop = await GatewayScenario.Start();
        shop.Ordering[0].Answer = http =>
        {
            http.Response.ContentType = "application/json";
            return http.Response.WriteAsync("{}\n");
        };

        using var answer = await shop.Post("/orders");

        Assert.Equal("{}\n", await answer.Content.ReadAsStringAsync(Cancellation));
    }

    [Theory]
    [InlineData("/openapi/v1.json")]
    [InlineData("/health/ready")]
    [InlineData("/ops/audit")]
    [InlineData("/orders")]
    [InlineData("/nowhere")]
    public async Task What_the_gateway_answers_itself_ends_with_one_newline(string path)
    {
        await using var shop = await GatewayScenario.Start();
        await shop.Ordering[0].Stop();

        using var answer = await shop.Get(path, Tokens.Staff());

        await EndsWithOneNewline(answer);
    }

    static async Task EndsWithOneNewline(HttpResponseMessage answer)
    {
        var body = await answer.Content.ReadAsStringAsync(Cancellation);
        Assert.EndsWith("json", answer.Content.Headers.ContentType!.MediaType, StringComparison.Ordinal);
        Assert.Equal(body.TrimEnd() + "\n", body);
    }

    static void Map(WebApplication app)
    {
        app.MapGet("/things", () => TypedResults.Ok(new { Name = "n" }));
        app.MapGet("/problem", () => TypedResults.Problem("It is wrong.", statusCode: 422));
        app.MapGet("/bug", string () => throw new InvalidOperationException("a bug"));
        app.MapGet("/text", () => TypedResults.Text("text"));
        app.MapGet("/empty", () => TypedResults.NoContent());
    }
}

using System.Net;
using System.Text;
using Shop.Hosting;

namespace Shop.Gateway.Tests;

public sealed class LimitTests
{
    const int TooLarge = 64 * 1024 + 1;

    [Fact]
    public async Task A_customer_who_asks_too_much_waits_and_nobody_else()
    {
        await using var shop = await GatewayScenario.Start(("RateLimits:RequestsPerSecond", "1"), ("RateLimits:Burst", "3"));
        using var first = await shop.Get("/orders", Tokens.Customer("alice"));
        Assert.Equal(HttpStatusCode.OK, first.StatusCode);

        using var refused = await UntilRefused(shop, Tokens.Customer("alice"), HttpStatusCode.OK);
        using var other = await shop.Get("/orders", Tokens.Customer("bob"));

        await refused.IsProblem(HttpStatusCode.TooManyRequests);
        Assert.InRange(refused.Headers.RetryAfter!.Delta!.Value, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5));
        Assert.Equal(HttpStatusCode.OK, other.StatusCode);
        await Wait.Until(
            async () =>
            {
                using var later = await shop.Get("/orders", Tokens.Customer("alice"));
                return later.StatusCode == HttpStatusCode.OK;
            },
            "alice is served again");
    }

    [Fact]
    public async Task Guessing_tokens_is_limited_by_address()
    {
        await using var shop = await GatewayScenario.Start(("RateLimits:RequestsPerSecond", "1"), ("RateLimits:Burst", "2"));

        using var refused = await UntilRefused(shop, "guess", HttpStatusCode.Unauthorized);

        await refused.IsProblem(HttpStatusCode.TooManyRequests);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_body_that_is_too_large_is_refused(bool chunked)
    {
        await using var shop = await GatewayScenario.Start();
        var request = new HttpRequestMessage(HttpMethod.Post, "/orders")
        {
            Content = new ByteArrayContent(Encoding.ASCII.GetBytes(new string('x', TooLarge))),
            Headers = { TransferEncodingChunked = chunked },
        };

        using var answer = await shop.Send(request);

        var problem = await answer.IsProblem(HttpStatusCode.RequestEntityTooLarge);
        Assert.True(answer.Headers.ConnectionClose);
        Assert.Contains("64 KiB", problem.Detail());
        Assert.Empty(shop.OrderingRequests);
    }

    [Theory]
    [InlineData("00:00:00.300", "00:10:00")]
    [InlineData("00:05:00", "00:00:00.300")]
    public async Task A_service_that_does_not_answer_in_time_is_a_problem_with_an_open_outcome(string silence, string request)
    {
        await using var shop = await GatewayScenario.Start(
            ("Forwarding:SilenceTimeLimit", silence), ("Forwarding:RequestTimeLimit", request));
        var never = new TaskCompletionSource();
        shop.Ordering[0].Answer = http => never.Task.WaitAsync(http.RequestAborted);

        using var answer = await shop.Post("/orders");

        var problem = await answer.IsProblem(HttpStatusCode.GatewayTimeout);
        Assert.Contains("Whether it was done is not known", problem.Detail());
        Assert.Equal((Problems.OutcomeUnknown, null), (problem.GetProperty("type").GetString(), answer.Headers.RetryAfter));
        Assert.Equal(Assert.Single(shop.OrderingRequests).TraceId, problem.TraceId());
    }

    // At one request a second, the bucket is empty well before that, even on a slow machine.
    static async Task<HttpResponseMessage> UntilRefused(GatewayScenario shop, string token, HttpStatusCode before)
    {
        for (var count = 0; count < 50; count++)
        {
            var answer = await shop.Get("/orders", token);
            if (answer.StatusCode == HttpStatusCode.TooManyRequests)
            {
                return answer;
            }

            Assert.Equal(before, answer.StatusCode);
            answer.Dispose();
        }

        throw new InvalidOperationException("Nothing was refused.");
    }
}

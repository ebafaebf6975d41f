using System.Net;
using Microsoft.AspNetCore.Http;

namespace Shop.Gateway.Tests;

public sealed class EventStreamTests
{
    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_event_arrives_when_it_happens_however_long_the_silence_before()
    {
        await using var shop = await GatewayScenario.Start(
            ("Forwarding:SilenceTimeLimit", "00:00:00.300"), ("Forwarding:RequestTimeLimit", "00:00:00.300"));
        var silenceIsOver = new TaskCompletionSource();
        shop.Ordering[0].Answer = http => http.Request.Path == "/orders/1/events"
            ? Stream(http, silenceIsOver.Task)
            : silenceIsOver.Task.WaitAsync(http.RequestAborted);

        using var stream = await shop.Get("/orders/1/events");
        using var reader = new StreamReader(await stream.Content.ReadAsStreamAsync(Cancellation));
        Assert.Equal("data: first", await reader.ReadLineAsync(Cancellation));

        // This request starts later and gets no answer either. When its time limit is over, the stream's would be too.
        using var silent = await shop.Get("/orders/2");
        Assert.Equal(HttpStatusCode.GatewayTimeout, silent.StatusCode);
        silenceIsOver.SetResult();

        Assert.Equal("data: second", await reader.ReadLineAsync(Cancellation));
    }

    [Fact]
    public async Task A_stream_ends_at_the_service_when_its_client_goes_away()
    {
        await using var shop = await GatewayScenario.Start();
        var ended = new TaskCompletionSource();
        shop.Ordering[0].Answer = async http =>
        {
            http.RequestAborted.Register(ended.SetResult);
            await Stream(http, ended.Task);
        };

        var stream = await shop.Get("/orders/1/events");
        stream.Dispose();

        await ended.Task.WaitAsync(TimeSpan.FromSeconds(10), Cancellation);
    }

    [Fact]
    public async Task A_customer_has_so_many_streams_at_once_and_nobody_elses_are_counted()
    {
        await using var shop = await GatewayScenario.Start(("RateLimits:Streams", "2"));
        var silence = new TaskCompletionSource();
        shop.Ordering[0].Answer = http => http.Request.Path.Value!.EndsWith("/events", StringComparison.Ordinal)
            ? Stream(http, silence.Task.WaitAsync(http.RequestAborted))
            : Task.CompletedTask;
        using var first = await shop.Get("/orders/1/events", Tokens.Customer("alice"));
        using var second = await shop.Get("/orders/2/events", Tokens.Customer("alice"));

        using var third = await shop.Get("/orders/3/events", Tokens.Customer("alice"));
        using var request = await shop.Get("/orders/3", Tokens.Customer("alice"));
        using var others = await shop.Get("/orders/4/events", Tokens.Customer("bob"));

        var problem = await third.IsProblem(HttpStatusCode.TooManyRequests);
        Assert.Contains("too many event streams", problem.Detail());
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK), (request.StatusCode, others.StatusCode));
        first.Dispose();
        await Wait.Until(
            async () =>
            {
                using var again = await shop.Get("/orders/3/events", Tokens.Customer("alice"));
                return again.StatusCode == HttpStatusCode.OK;
            },
            "alice, who has closed one, may open another");
    }

    static async Task Stream(HttpContext http, Task silence)
    {
        http.Response.ContentType = "text/event-stream";
        await http.Response.WriteAsync("data: first\n", http.RequestAborted);
        await http.Response.Body.FlushAsync(http.RequestAborted);
        await silence;
        await http.Response.WriteAsync("data: second\n", http.RequestAborted);
    }
}

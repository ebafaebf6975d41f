using System.Diagnostics;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Shop.Hosting.Tests;

public sealed class DrainingTests
{
    [Fact]
    public async Task A_process_that_is_told_to_stop_says_so_and_serves_on_until_nobody_asks_any_more()
    {
        await using var process = await HostingProcess.Start(
            app => app.MapGet("/work", () => TypedResults.Ok()).AllowAnonymous(), null, ("Draining:Time", "00:00:02"));
        Assert.Equal(HttpStatusCode.OK, await Get(process, "/health/ready"));
        using var first = await process.Client.GetAsync("/work", TestContext.Current.CancellationToken);
        Assert.Null(first.Headers.ConnectionClose);

        process.BeginToStop();

        Assert.Equal(HttpStatusCode.ServiceUnavailable, await Get(process, "/health/ready"));
        Assert.Equal(HttpStatusCode.OK, await Get(process, "/health/live"));
        using var last = await process.Client.GetAsync("/work", TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, last.StatusCode);
        // The header keeps the client from sending its next request into a connection that is about to end.
        Assert.True(last.Headers.ConnectionClose);
        Assert.Equal(0, await process.Exit());
        await Assert.ThrowsAsync<HttpRequestException>(() => Get(process, "/work"));
    }

    [Fact]
    public async Task A_rolling_restart_breaks_no_request_though_every_connection_is_kept()
    {
        var replicas = new[] { await Replica(), await Replica() };
        using var stop = new CancellationTokenSource();
        try
        {
            var callers = Enumerable.Range(0, 8).Select(_ => CallUntil(replicas, stop.Token)).ToArray();
            for (var replica = 0; replica < replicas.Length; replica++)
            {
                var old = replicas[replica];
                old.BeginToStop();
                Assert.Equal(0, await old.Exit());
                replicas[replica] = await Replica();
                await old.DisposeAsync();
            }

            await stop.CancelAsync();
            var answered = await Task.WhenAll(callers);

            Assert.All(answered, calls => Assert.InRange(calls, 50, int.MaxValue));
        }
        finally
        {
            await stop.CancelAsync();
            await Task.WhenAll(replicas.Select(replica => replica.DisposeAsync().AsTask()));
        }
    }

    static Task<HostingProcess> Replica() => HostingProcess.Start(
        app => app.MapPost("/work", () => TypedResults.Ok()).AllowAnonymous(), null, ("Draining:Time", "00:00:02"));

    // Acts like a load balancer: it asks every half second which replicas are ready, and sends requests to these alone. It does not repeat
    // a POST when its connection breaks.
    static async Task<int> CallUntil(HostingProcess[] replicas, CancellationToken stop)
    {
        var calls = 0;
        var ready = new List<HostingProcess>();
        for (var asked = long.MinValue; !stop.IsCancellationRequested;)
        {
            if (asked == long.MinValue || Stopwatch.GetElapsedTime(asked) > TimeSpan.FromMilliseconds(500))
            {
                ready.Clear();
                foreach (var replica in replicas.ToArray())
                {
                    if (await IsReady(replica))
                    {
                        ready.Add(replica);
                    }
                }

                if (ready is [])
                {
                    continue;
                }

                asked = Stopwatch.GetTimestamp();
            }

            using var answer = await ready[calls++ % ready.Count].Client.PostAsync("/work", null, CancellationToken.None);
            answer.EnsureSuccessStatusCode();
            await Task.Delay(5, CancellationToken.None);
        }

        return calls;
    }

    static async Task<bool> IsReady(HostingProcess process)
    {
        try
        {
            return await Get(process, "/health/ready") == HttpStatusCode.OK;
        }
        catch (Exception error) when (error is HttpRequestException or ObjectDisposedException)
        {
            return false;
        }
    }

    static async Task<HttpStatusCode> Get(HostingProcess process, string path)
    {
        using var answer = await process.Client.GetAsync(path, TestContext.Current.CancellationToken);
        return answer.StatusCode;
    }
}

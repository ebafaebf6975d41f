using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Shop.Gateway.Tests;

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
        // Or the client would send its next request into a connection that is about to end.
        Assert.True(last.Headers.ConnectionClose);
        Assert.Equal(0, await process.Exit());
        await Assert.ThrowsAsync<HttpRequestException>(() => Get(process, "/work"));
    }

    static async Task<HttpStatusCode> Get(HostingProcess process, string path)
    {
        using var answer = await process.Client.GetAsync(path, TestContext.Current.CancellationToken);
        return answer.StatusCode;
    }
}

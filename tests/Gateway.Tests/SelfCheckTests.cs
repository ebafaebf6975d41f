using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Shop.Gateway.Tests;

/// <summary>The program's own health check, as containers run it.</summary>
public sealed class SelfCheckTests
{
    [Fact]
    public async Task The_health_check_asks_no_proxy()
    {
        await using var process = await HostingProcess.Start(app => app.MapGet("/", () => Results.Ok()));
        using var check = GatewayProcess.Start(
            new Dictionary<string, string?>
            {
                ["ASPNETCORE_URLS"] = $"{process.Client.BaseAddress}", ["http_proxy"] = $"http://127.0.0.1:{GatewayProcess.FreePort()}",
            },
            "health");

        var (exitCode, _, output) = await check.Exit();

        Assert.True(exitCode == 0, output);
    }
}

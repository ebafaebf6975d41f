using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Timeouts;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Shop.Hosting;

/// <summary>
/// Ends answers without a time limit, such as event streams, as soon as the process is asked to stop. Otherwise they would use up the time
/// for a graceful stop. Their clients reconnect with Last-Event-ID.
/// </summary>
static class Streams
{
    public static Task EndWhenStopping(HttpContext http, RequestDelegate next) =>
        http.GetEndpoint()?.Metadata.GetMetadata<DisableRequestTimeoutAttribute>() is null ? next(http) : RunUntilStop(http, next);

    static async Task RunUntilStop(HttpContext http, RequestDelegate next)
    {
        var stopping = http.RequestServices.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, stopping);
        http.RequestAborted = ended.Token;
        await next(http);
    }
}

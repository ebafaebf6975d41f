using Microsoft.AspNetCore.Http.Timeouts;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Model;
using Yarp.ReverseProxy.Transforms;

namespace Shop.Gateway;

/// <summary>
/// What happens when a replica does not answer. A request goes to one other replica if that is safe: when it only reads, or when it never
/// left the gateway because there was no connection. Otherwise its outcome is unknown. The client is told, and can repeat it with its
/// idempotency key.
/// </summary>
static class Forwarding
{
    public static async Task Forward(HttpContext http, RequestDelegate next)
    {
        var proxy = Prepare(http);
        var candidates = proxy.AvailableDestinations;
        if (candidates.Count > 1 && IsRead(http.Request.Method))
        {
            http.Features.Set(new SecondChance());
        }

        await next(http);

        if (proxy.ProxiedDestination is { } failed && MayBeRepeated(http) && Others(candidates, failed) is { Length: > 0 } others)
        {
            http.Features.Set<SecondChance>(null);
            http.Features.Set<IForwarderErrorFeature>(null);
            http.Response.Clear();
            proxy.AvailableDestinations = others;
            await next(http);
        }

        await ForwardingProblems.Explain(http);
    }

    /// <summary>Hides a replica's failure from the client as long as there is another replica.</summary>
    public static ValueTask HoldBackFailure(ResponseTransformContext context)
    {
        if (context.ProxyResponse is { } response
            && (int)response.StatusCode is StatusCodes.Status502BadGateway
                or StatusCodes.Status503ServiceUnavailable or StatusCodes.Status504GatewayTimeout
            && context.HttpContext.Features.Get<SecondChance>() is { } chance)
        {
            chance.IsNeeded = true;
            context.SuppressResponseBody = true;
        }

        return ValueTask.CompletedTask;
    }

    public static bool NothingWasSent(IForwarderErrorFeature error) => error.Exception is
        HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError }
        // No connection within its time limit; other time limits leave no inner exception.
        or OperationCanceledException { InnerException: TimeoutException };

    // An event stream is silent as long as nothing happens. YARP has this limit only for a whole cluster.
    static IReverseProxyFeature Prepare(HttpContext http)
    {
        var proxy = http.GetReverseProxyFeature();
        if (http.GetEndpoint()?.Metadata.GetMetadata<DisableRequestTimeoutAttribute>() is not null)
        {
            var config = proxy.Cluster.Config;
            var unlimited = config.HttpRequest! with { ActivityTimeout = Timeout.InfiniteTimeSpan };
            proxy = new ReverseProxyFeature
            {
                Route = proxy.Route,
                Cluster = new(config with { HttpRequest = unlimited }, proxy.Cluster.HttpClient),
                AllDestinations = proxy.AllDestinations,
                AvailableDestinations = proxy.AvailableDestinations,
            };
            http.Features.Set(proxy);
        }

        return proxy;
    }

    static bool MayBeRepeated(HttpContext http)
    {
        if (http.Response.HasStarted || http.RequestAborted.IsCancellationRequested)
        {
            return false;
        }

        return http.GetForwarderErrorFeature() is { } error
            ? NothingWasSent(error) || IsRead(http.Request.Method)
            : http.Features.Get<SecondChance>() is { IsNeeded: true };
    }

    public static bool IsRead(string method) => HttpMethods.IsGet(method) || HttpMethods.IsHead(method);

    static DestinationState[] Others(IReadOnlyList<DestinationState> candidates, DestinationState failed) =>
        [.. candidates.Where(candidate => candidate != failed)];

    sealed class SecondChance
    {
        public bool IsNeeded { get; set; }
    }
}

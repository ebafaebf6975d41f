using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Model;

namespace Shop.Gateway;

/// <summary>
/// What happens when a replica does not answer. A request is given to one other replica if that is safe: when it only reads,
/// or when it never left the gateway because no connection came about. Otherwise nobody knows whether it had its effect,
/// and the client, who has an idempotency key for that, is told.
/// </summary>
static class Forwarding
{
    const string RetryAfterSeconds = "2";

    public static async Task Forward(HttpContext http, RequestDelegate next)
    {
        var proxy = http.GetReverseProxyFeature();
        var candidates = proxy.AvailableDestinations;
        await next(http);

        if (proxy.ProxiedDestination is { } failed && MayBeRepeated(http) && Others(candidates, failed) is { Length: > 0 } others)
        {
            http.Features.Set<IForwarderErrorFeature>(null);
            http.Response.Clear();
            proxy.AvailableDestinations = others;
            await next(http);
        }

        await Explain(http);
    }

    static bool MayBeRepeated(HttpContext http) =>
        !http.Response.HasStarted
        && !http.RequestAborted.IsCancellationRequested
        && http.GetForwarderErrorFeature() is { } error
        && (NothingWasSent(error) || IsRead(http.Request.Method));

    static bool IsTooLarge(Exception? error) => error is AggregateException several
        ? several.Flatten().InnerExceptions.Any(IsTooLarge)
        : error is BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge };

    static bool IsRead(string method) => HttpMethods.IsGet(method) || HttpMethods.IsHead(method);

    static bool NothingWasSent(IForwarderErrorFeature error) =>
        error.Exception is HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError };

    static DestinationState[] Others(IReadOnlyList<DestinationState> candidates, DestinationState failed) =>
        [.. candidates.Where(candidate => candidate != failed)];

    static async Task Explain(HttpContext http)
    {
        if (http.Response.HasStarted || http.RequestAborted.IsCancellationRequested
            || http.GetForwarderErrorFeature() is not { } error)
        {
            return;
        }

        var (status, detail) = error switch
        {
            { Error: ForwarderError.NoAvailableDestinations } => (
                StatusCodes.Status503ServiceUnavailable, "No replica of the service is up. Try again in a moment."),
            _ when NothingWasSent(error) => (
                StatusCodes.Status503ServiceUnavailable, "The service cannot be reached. Nothing was done. Try again in a moment."),
            { Error: ForwarderError.RequestTimedOut or ForwarderError.UpgradeActivityTimeout } => (
                StatusCodes.Status504GatewayTimeout, "The service did not answer in time. Whether it acted is not known."),
            { Error: ForwarderError.RequestBodyClient } when IsTooLarge(error.Exception) => (
                StatusCodes.Status413PayloadTooLarge, "The body is larger than 64 KiB."),
            _ => (StatusCodes.Status502BadGateway, "The service broke off. Whether it acted is not known."),
        };
        http.Response.Clear();
        http.Response.StatusCode = status;
        if (status == StatusCodes.Status503ServiceUnavailable)
        {
            http.Response.Headers.RetryAfter = RetryAfterSeconds;
        }

        await http.RequestServices.GetRequiredService<IProblemDetailsService>().WriteAsync(new()
        {
            HttpContext = http,
            ProblemDetails = { Status = status, Title = "Not available at the moment", Detail = detail },
        });
    }
}

using Microsoft.AspNetCore.Http.Timeouts;
using Shop.Hosting;
using Yarp.ReverseProxy.Forwarder;

namespace Shop.Gateway;

/// <summary>Answers a request that no service has answered, and says whether it may have had an effect.</summary>
static class ForwardingProblems
{
    /// <summary>Answers only requests without an answer. A service's answer stays as it is.</summary>
    public static Task Explain(HttpContext http)
    {
        if (http.Response.HasStarted || http.GetForwarderErrorFeature() is not { } error)
        {
            return Task.CompletedTask;
        }

        http.Response.Clear();
        return error switch
        {
            _ when http.Features.Get<IHttpRequestTimeoutFeature>()?.RequestTimeoutToken.IsCancellationRequested is true =>
                AnswerTimedOut(http),
            _ when http.RequestAborted.IsCancellationRequested => Task.CompletedTask,
            { Error: ForwarderError.NoAvailableDestinations } =>
                http.AnswerUnavailable("No replica of the service is up. Try again in a moment."),
            _ when Forwarding.NothingWasSent(error) =>
                http.AnswerUnavailable("The service cannot be reached. Nothing was done. Try again in a moment."),
            { Error: ForwarderError.RequestTimedOut or ForwarderError.UpgradeActivityTimeout } => AnswerTimedOut(http),
            { Error: ForwarderError.RequestBodyClient, Exception: var cause } =>
                throw BadRequest(cause) ?? new BadHttpRequestException("It cannot be read."),
            _ => Answer(http, StatusCodes.Status502BadGateway, "The service broke off", "The service broke off before it had answered."),
        };
    }

    public static Task AnswerTimedOut(HttpContext http) =>
        Answer(http, StatusCodes.Status504GatewayTimeout, "The service is too slow", "The service did not answer in time.");

    // A read can simply be repeated.
    static Task Answer(HttpContext http, int status, string title, string reason) => Forwarding.IsRead(http.Request.Method)
        ? http.AnswerProblem(status, title, reason)
        : http.AnswerOutcomeUnknown(status, reason);

    // The request was too large, too slow or broken off, which is the client's fault.
    static BadHttpRequestException? BadRequest(Exception? error) => error switch
    {
        BadHttpRequestException bad => bad,
        AggregateException several => several.Flatten().InnerExceptions.Select(BadRequest).FirstOrDefault(bad => bad is not null),
        _ => null,
    };
}

using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Shop.Hosting;

/// <summary>Turns what an endpoint threw into an answer.</summary>
sealed partial class ExceptionToProblem(
    IProblemDetailsService problems, IOptions<UnavailableExceptions> unavailable, ILogger<ExceptionToProblem> logger)
    : IExceptionHandler
{
    public async ValueTask<bool> TryHandleAsync(
        HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        if (httpContext.RequestAborted.IsCancellationRequested)
        {
            // The caller has gone, which is no failure, so there is no answer.
            return true;
        }

        if (BadRequests.Find(exception) is { } bad)
        {
            httpContext.Response.StatusCode = bad.StatusCode;
            if (bad.StatusCode == StatusCodes.Status413PayloadTooLarge && HttpProtocol.IsHttp11(httpContext.Request.Protocol))
            {
                // The rest of the body is not read, so the connection ends here. Without this header, the client would use it again.
                httpContext.Response.Headers.Connection = "close";
            }

            await problems.WriteAsync(new() { HttpContext = httpContext, ProblemDetails = BadRequests.Explain(bad) });
        }
        else if (Failures.Find<UnknownOutcomeException>(exception) is { } unknown)
        {
            LogUnknown(
                httpContext.Features.Get<IExceptionHandlerFeature>()?.Endpoint?.DisplayName,
                unknown.Message,
                unknown.InnerException?.Message);
            await httpContext.AnswerOutcomeUnknown(StatusCodes.Status500InternalServerError, "The database has not confirmed the request.");
        }
        else if (Reason(exception) is { } reason)
        {
            if (Failures.Of(exception) == Failure.Passing && !unavailable.Value.Means(exception))
            {
                LogPassing(
                    httpContext.Features.Get<IExceptionHandlerFeature>()?.Endpoint?.DisplayName, exception.GetBaseException().Message);
            }

            await httpContext.AnswerUnavailable($"{reason} Try again in a moment.");
        }
        else
        {
            // The context has lost its endpoint by now. The path is not logged, because the caller chose it.
            LogFailed(exception, httpContext.Features.Get<IExceptionHandlerFeature>()?.Endpoint?.DisplayName);
            await httpContext.AnswerProblem(
                StatusCodes.Status500InternalServerError,
                "Something went wrong",
                "The request failed for a reason that lies with the service. The trace id tells its operators which.");
        }

        return true;
    }

    // Null if waiting will not help.
    string? Reason(Exception exception) => exception switch
    {
        _ when unavailable.Value.Means(exception) => exception.Message,
        _ when Failures.IsHeldUp(exception) => "Somebody else is at work on what this request needs.",
        _ => Failures.Of(exception) switch
        {
            Failure.DatabaseAway => "The service cannot reach its database.",
            Failure.Passing => "The service cannot do this at the moment.",
            _ => null,
        },
    };

    [LoggerMessage(LogLevel.Warning, "{Endpoint} could not be served for now: {Reason}")]
    partial void LogPassing(string? endpoint, string reason);

    [LoggerMessage(LogLevel.Error, "The outcome of {Endpoint} is not known: {Reason} {Cause}")]
    partial void LogUnknown(string? endpoint, string reason, string? cause);

    [LoggerMessage(LogLevel.Error, "{Endpoint} failed")]
    partial void LogFailed(Exception error, string? endpoint);
}

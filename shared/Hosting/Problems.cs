using System.Diagnostics;
using System.Text.Json;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Shop.Hosting;

/// <summary>Every error leaves as problem details with the trace id by which it is found in logs and traces.</summary>
static class Problems
{
    const int RetryAfterSeconds = 2;

    public static IServiceCollection AddProblems(this IServiceCollection services) => services
        .AddProblemDetails(options => options.CustomizeProblemDetails = context =>
        {
            if (Activity.Current is { } activity)
            {
                context.ProblemDetails.Extensions["traceId"] = activity.TraceId.ToHexString();
            }
        })
        .AddExceptionHandler<ExceptionToProblem>();

    /// <summary>503: cannot be done at the moment, and has not been done.</summary>
    public static ProblemDetails Unavailable(HttpResponse response, string detail)
    {
        response.Headers.RetryAfter = RetryAfterSeconds.ToString();
        return new()
        {
            Status = StatusCodes.Status503ServiceUnavailable,
            Title = "Not available at the moment",
            Detail = detail,
        };
    }
}

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
            return true;
        }

        var problem = exception switch
        {
            BadHttpRequestException bad => BadRequests.Explain(bad),
            _ when DatabaseErrors.IsUnavailable(exception) =>
                Problems.Unavailable(httpContext.Response, "The service cannot reach its database. Try again in a moment."),
            _ when unavailable.Value.Means(exception) =>
                Problems.Unavailable(httpContext.Response, $"{exception.Message} Try again in a moment."),
            _ => null,
        };
        if (problem is null)
        {
            LogFailed(exception, httpContext.Request.Method, httpContext.GetEndpoint()?.DisplayName);
            problem = new()
            {
                Status = StatusCodes.Status500InternalServerError,
                Title = "Something went wrong",
                Detail = "The request failed for a reason that lies with the service. The trace id tells its operators which.",
            };
        }

        httpContext.Response.StatusCode = problem.Status!.Value;
        return await problems.TryWriteAsync(new() { HttpContext = httpContext, ProblemDetails = problem });
    }

    [LoggerMessage(LogLevel.Error, "{Method} {Endpoint} failed")]
    partial void LogFailed(Exception error, string method, string? endpoint);
}

/// <summary>Says what is wrong with a request that could not be read, without repeating any of it.</summary>
static class BadRequests
{
    public static ProblemDetails Explain(BadHttpRequestException error)
    {
        var (field, detail) = error switch
        {
            { StatusCode: StatusCodes.Status413PayloadTooLarge } => (null, "The body is larger than 64 KiB."),
            { StatusCode: StatusCodes.Status415UnsupportedMediaType } => (null, "Send the body as application/json."),
            { InnerException: JsonException json } => (FieldOf(json), Reason(json)),
            _ => (null, "The request, its body or a parameter is missing or malformed."),
        };
        var problem = new ProblemDetails
        {
            Status = error.StatusCode,
            Title = "The request is not valid",
            Detail = field is null ? detail : $"{field}: {detail}",
        };
        if (field is not null)
        {
            problem.Extensions["errors"] = new Dictionary<string, string[]> { [field] = [detail] };
        }

        return problem;
    }

    // "$.items[0].quantity" as the caller writes it; the root has no name.
    static string? FieldOf(JsonException error) =>
        error.Path is { Length: > 2 } path ? path[2..] : null;

    static string Reason(JsonException error) => error.Message switch
    {
        var message when message.Contains("could not be mapped to any .NET member") => "There is no such field here.",
        var message when message.Contains("missing required properties") => $"Missing: {Quoted(message)}.",
        var message when message.Contains("could not be converted") => "The value has the wrong type or is out of range.",
        var message when message.Contains("doesn't allow null values") || message.Contains("does not allow null") =>
            "The value must not be null.",
        var message when message.Contains("maximum configured depth") => "The body is nested too deeply.",
        _ => "The body is not valid JSON.",
    };

    static string Quoted(string message) =>
        message[(message.IndexOf(':') + 1)..].Split('.')[0].Replace("'", "").Trim();
}

/// <summary>Exceptions of other libraries that ask the caller to come back a little later.</summary>
public sealed class UnavailableExceptions
{
    readonly HashSet<Type> _types = [];

    internal void Add<T>() where T : Exception => _types.Add(typeof(T));

    internal bool Means(Exception exception) => _types.Contains(exception.GetType());
}

public static class UnavailableRegistration
{
    /// <summary>Answers 503 with Retry-After to a request that ends with <typeparamref name="T"/>.</summary>
    public static IHostApplicationBuilder AnswerUnavailable<T>(this IHostApplicationBuilder builder) where T : Exception
    {
        builder.Services.Configure<UnavailableExceptions>(exceptions => exceptions.Add<T>());
        return builder;
    }
}

using System.Diagnostics;
using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Shop.Hosting;

/// <summary>Every error leaves as problem details with the trace id by which it is found in logs and traces.</summary>
public static class Problems
{
    const int RetryAfterSeconds = 2;

    internal static IServiceCollection AddProblems(this IServiceCollection services) => services
        .AddSingleton<IProblemDetailsWriter, ProblemWriter>()
        .AddProblemDetails()
        .AddExceptionHandler<ExceptionToProblem>();

    /// <summary>The type of every answer to a write that says: nobody knows whether it was done.</summary>
    public const string OutcomeUnknown = "urn:shop:problem:outcome-unknown";

    const string KeyHeader = "Idempotency-Key";

    /// <summary>Answers with a problem from where there is no endpoint to return one.</summary>
    /// <param name="type">Null for one that means no more than the status.</param>
    public static async Task AnswerProblem(this HttpContext http, int status, string title, string detail, string? type = null)
    {
        http.Response.StatusCode = status;
        await http.RequestServices.GetRequiredService<IProblemDetailsService>().WriteAsync(new()
        {
            HttpContext = http,
            ProblemDetails = { Status = status, Title = title, Detail = detail, Type = type },
        });
    }

    /// <summary>503 with Retry-After: the request was not done, and cannot be done at the moment.</summary>
    public static Task AnswerUnavailable(this HttpContext http, string detail)
    {
        http.Response.Headers.RetryAfter = RetryAfterSeconds.ToString(CultureInfo.InvariantCulture);
        return http.AnswerProblem(StatusCodes.Status503ServiceUnavailable, "Not available at the moment", detail);
    }

    /// <summary>
    /// The request may have been done or not. There is no Retry-After, because only an idempotency key makes it safe to send it again. The
    /// status is one that proxies and clients do not retry by themselves.
    /// </summary>
    /// <param name="reason">What is missing, as a sentence.</param>
    public static Task AnswerOutcomeUnknown(this HttpContext http, int status, string reason) => http.AnswerProblem(
        status,
        "The outcome is not known",
        $"{reason} {(http.Request.Headers.ContainsKey(KeyHeader)
            ? "Whether it was done is not known. Sent again with the same Idempotency-Key, it is done once."
            : "Whether it was done is not known. Look before you send it again; "
                + "sent with an Idempotency-Key, it can be repeated safely.")}",
        OutcomeUnknown);
}

/// <summary>
/// Writes problem details whatever the caller accepts, because a caller who expects an event stream or a page needs the reason too.
/// </summary>
sealed class ProblemWriter : IProblemDetailsWriter
{
    public bool CanWrite(ProblemDetailsContext context) => true;

    public async ValueTask WriteAsync(ProblemDetailsContext context)
    {
        var http = context.HttpContext;
        context.ProblemDetails.Status ??= http.Response.StatusCode;
        // This constructor fills in the type and title that belong to most statuses.
        var problem = TypedResults.Problem(context.ProblemDetails).ProblemDetails;
        problem.Type ??= "about:blank";
        problem.Detail ??= Detail(http.Response.StatusCode);
        if (Activity.Current is { } activity)
        {
            problem.Extensions["traceId"] = activity.TraceId.ToHexString();
        }

        await http.Response.WriteAsJsonAsync(problem, options: null, contentType: "application/problem+json");
        LineEnd.Add(http);
    }

    // The texts of answers that the framework gives by itself.
    static string Detail(int status) => status switch
    {
        StatusCodes.Status404NotFound => "There is nothing at this address.",
        StatusCodes.Status405MethodNotAllowed => "This address does not take this method. The Allow header names those it takes.",
        StatusCodes.Status413PayloadTooLarge => BadRequests.TooLarge,
        StatusCodes.Status415UnsupportedMediaType => BadRequests.NotJson,
        _ => "The request cannot be answered.",
    };
}

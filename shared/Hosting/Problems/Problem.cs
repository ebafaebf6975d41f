using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Shop.Hosting;

/// <summary>
/// The errors an endpoint answers with, as RFC 9457 problem details. A detail says what is wrong and what to do; it never
/// repeats a value the caller sent, which may be a secret.
/// </summary>
public static class Problem
{
    /// <summary>400: the request cannot be understood because of one field.</summary>
    public static ProblemHttpResult Invalid(string field, string detail) =>
        OfField(StatusCodes.Status400BadRequest, "The request is not valid", field, detail);

    /// <summary>422: the request is understood, and one field asks for something impossible.</summary>
    public static ProblemHttpResult Unprocessable(string field, string detail) =>
        OfField(StatusCodes.Status422UnprocessableEntity, "The request cannot be fulfilled", field, detail);

    /// <summary>404, also for what the caller may not know to exist.</summary>
    public static ProblemHttpResult NotFound(string detail) =>
        TypedResults.Problem(detail, statusCode: StatusCodes.Status404NotFound);

    /// <summary>409: not in the present state.</summary>
    public static ProblemHttpResult Conflict(string detail) =>
        TypedResults.Problem(detail, statusCode: StatusCodes.Status409Conflict);

    static ProblemHttpResult OfField(int status, string title, string field, string detail) =>
        TypedResults.Problem(
            detail,
            statusCode: status,
            title: title,
            extensions: new Dictionary<string, object?>
            {
                ["errors"] = new Dictionary<string, string[]> { [field] = [detail] },
            });
}

using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;

namespace Shop.Hosting;

/// <summary>Says what is wrong with a request that could not be read, without repeating any value of it.</summary>
static partial class BadRequests
{
    public const string TooLarge = "The body is larger than 64 KiB.";
    public const string NotJson = "Send the body as application/json in UTF-8.";

    const string WrongType = "The value has the wrong type or is out of range.";

    /// <returns>Null if it is not the request's fault.</returns>
    public static BadHttpRequestException? Find(Exception error) => error switch
    {
        BadHttpRequestException bad => bad,
        // The framework reports this case in no other way.
        InvalidOperationException when error.Message.Contains("is not a known encoding") =>
            new(NotJson, StatusCodes.Status415UnsupportedMediaType, error),
        _ => null,
    };

    public static ProblemDetails Explain(BadHttpRequestException error)
    {
        var errors = Errors(error).ToDictionary(wrong => wrong.Field, wrong => new[] { wrong.Reason });
        var problem = new ProblemDetails
        {
            Status = error.StatusCode,
            Title = "The request is not valid",
            Detail = errors is { Count: > 0 }
                ? string.Join(' ', errors.Select(wrong => $"{wrong.Key}: {wrong.Value[0]}"))
                : Detail(error),
        };
        if (errors is { Count: > 0 })
        {
            problem.Extensions["errors"] = errors;
        }

        return problem;
    }

    static IEnumerable<(string Field, string Reason)> Errors(BadHttpRequestException error) => error.InnerException switch
    {
        JsonException json when MissingFields(json) is { Length: > 0 } missing =>
            missing.Select(name => (FieldOf(json) is { } parent ? $"{parent}.{name}" : name, "This field is missing.")),
        JsonException json when Reason(json) is { } reason && FieldOf(json) is { } field => [(field, reason)],
        null when Parameter().Match(error.Message) is { Success: true } wrong => [(wrong.Groups["name"].Value, WrongType)],
        _ => [],
    };

    static string Detail(BadHttpRequestException error) => error switch
    {
        { StatusCode: StatusCodes.Status413PayloadTooLarge } => TooLarge,
        { StatusCode: StatusCodes.Status415UnsupportedMediaType } => NotJson,
        { InnerException: JsonException json } => Reason(json) ?? "The body is not valid JSON.",
        _ when error.Message.Contains("body") => "The request needs a JSON body.",
        _ => "The request is malformed.",
    };

    // Null if the text as a whole is not JSON, because no field is to blame then.
    static string? Reason(JsonException error) => error.Message switch
    {
        var message when message.Contains("could not be mapped to any .NET member") => "There is no such field here.",
        var message when message.Contains("could not be converted") => WrongType,
        var message when message.Contains("null") && !message.Contains("'null'") => "The value must not be null.",
        var message when message.Contains("Duplicate") => "The field appears twice.",
        var message when message.Contains("maximum configured depth") => "The body is nested too deeply.",
        var message when message.Contains("does not contain any JSON tokens") => "The request needs a JSON body.",
        _ => null,
    };

    // "… was missing required properties including: 'items', 'paymentMethod'."
    static string[] MissingFields(JsonException error) => error.Message.IndexOf("including:", StringComparison.Ordinal) is > 0 and var start
        && error.Message.Contains("missing required properties")
            ? [.. QuotedName().Matches(error.Message, start).Select(match => match.Groups["name"].Value)]
            : [];

    // "$.items[0].quantity" as the caller writes it. The last name may be of the caller's making, and could be anything.
    static string? FieldOf(JsonException error) =>
        error.Path is ['$', '.', .. var path] && FieldPath().IsMatch(path) && !LongNumber().IsMatch(path) ? path : null;

    [GeneratedRegex(@"^[A-Za-z_]\w{0,39}(\[\d{1,5}\])*(\.[A-Za-z_]\w{0,39}(\[\d{1,5}\])*){0,7}$", RegexOptions.ECMAScript)]
    private static partial Regex FieldPath();

    [GeneratedRegex(@"\d{12}", RegexOptions.ECMAScript)]
    private static partial Regex LongNumber();

    [GeneratedRegex("'(?<name>[A-Za-z_]+)'")]
    private static partial Regex QuotedName();

    [GeneratedRegex(@"^Failed to bind parameter ""[^""]* (?<name>\w+)"" from")]
    private static partial Regex Parameter();
}

using System.Security.Claims;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;

namespace Shop.Messaging;

/// <summary>Dead letters over HTTP. Who may see and repair them is for the group of routes to say.</summary>
public static class DeadLetterEndpoints
{
    const int LimitDefault = 100;
    const int LimitMax = 1_000;

    /// <summary>GET /dead-letters, GET and DELETE /dead-letters/{id}, POST /dead-letters/{id}/replay.</summary>
    public static void MapDeadLetters<TDb>(this IEndpointRouteBuilder routes) where TDb : DbContext
    {
        routes.MapGet("/dead-letters", List<TDb>)
            .WithSummary("List messages that could not be handled")
            .WithDescription("Those that wait for a decision, or with `status` those that were `replayed` or `discarded`, or `all`.");
        routes.MapGet("/dead-letters/{id}", Find<TDb>)
            .WithSummary("Look at a dead letter")
            .WithDescription("The message as it came, and why it failed.");
        routes.MapPost("/dead-letters/{id}/replay", Replay<TDb>)
            .WithSummary("Send a dead letter once more")
            .WithDescription("Once the cause is mended. It goes to the queue that could not handle it.");
        routes.MapDelete("/dead-letters/{id}", Discard<TDb>)
            .WithSummary("Discard a dead letter")
            .WithDescription("It is kept for a while, and never handled.");
    }

    static async Task<Results<Ok<DeadLetterList>, ProblemHttpResult>> List<TDb>(
        DeadLetters<TDb> letters, CancellationToken cancellation, string status = "waiting", int limit = LimitDefault)
        where TDb : DbContext
    {
        if (limit is < 1 or > LimitMax)
        {
            return Invalid("limit", $"Ask for 1 to {LimitMax} dead letters.");
        }

        if (status is "all")
        {
            return TypedResults.Ok(await letters.List(null, limit, cancellation));
        }

        return Enum.TryParse<DeadLetterStatus>(status, ignoreCase: true, out var known) && Enum.IsDefined(known) && !char.IsAsciiDigit(status[0])
            ? TypedResults.Ok(await letters.List(known, limit, cancellation))
            : Invalid("status", "Ask for waiting, replayed, discarded or all.");
    }

    static async Task<Results<Ok<DeadLetterContent>, ProblemHttpResult>> Find<TDb>(
        string id, DeadLetters<TDb> letters, CancellationToken cancellation)
        where TDb : DbContext =>
        await letters.Find(id, cancellation) is { } letter ? TypedResults.Ok(letter) : NotFound();

    static async Task<Results<Accepted<DeadLetter>, ProblemHttpResult>> Replay<TDb>(
        string id, ClaimsPrincipal user, DeadLetters<TDb> letters, CancellationToken cancellation)
        where TDb : DbContext =>
        await letters.Replay(id, NameOf(user), cancellation) switch
        {
            null => NotFound(),
            { Status: DeadLetterStatus.Discarded } letter => Conflict($"It was discarded by {letter.DecidedBy}."),
            var letter => TypedResults.Accepted((string?)null, letter),
        };

    static async Task<Results<Ok<DeadLetter>, ProblemHttpResult>> Discard<TDb>(
        string id, ClaimsPrincipal user, DeadLetters<TDb> letters, CancellationToken cancellation)
        where TDb : DbContext =>
        await letters.Discard(id, NameOf(user), cancellation) switch
        {
            null => NotFound(),
            { Status: DeadLetterStatus.Replayed } letter => Conflict($"It was replayed by {letter.DecidedBy}."),
            var letter => TypedResults.Ok(letter),
        };

    static string NameOf(ClaimsPrincipal user) =>
        user.FindFirstValue("sub") ?? throw new InvalidOperationException("The route is not protected: there is no subject.");

    static ProblemHttpResult NotFound() =>
        TypedResults.Problem("There is no such dead letter.", statusCode: StatusCodes.Status404NotFound);

    static ProblemHttpResult Conflict(string detail) =>
        TypedResults.Problem(detail, statusCode: StatusCodes.Status409Conflict);

    static ProblemHttpResult Invalid(string field, string detail) => TypedResults.Problem(
        detail,
        statusCode: StatusCodes.Status400BadRequest,
        title: "The request is not valid",
        extensions: new Dictionary<string, object?> { ["errors"] = new Dictionary<string, string[]> { [field] = [detail] } });
}

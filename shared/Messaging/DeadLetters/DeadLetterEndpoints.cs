using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;
using Shop.Hosting;

namespace Shop.Messaging;

/// <summary>Dead letters over HTTP. The group of routes decides who may see and repair them.</summary>
public static class DeadLetterEndpoints
{
    const int LimitDefault = 100;
    const int LimitMax = 1_000;

    /// <summary>GET /dead-letters, GET and DELETE /dead-letters/{id}, POST /dead-letters/{id}/replay.</summary>
    public static void MapDeadLetters<TDb>(this IEndpointRouteBuilder routes) where TDb : DbContext
    {
        routes.MapGet("/dead-letters", List<TDb>)
            .WithSummary("List messages that could not be handled")
            .WithDescription("Those that wait for a decision. `status` selects `replayed`, `discarded` or `all` instead.");
        routes.MapGet("/dead-letters/{id}", Find<TDb>)
            .WithSummary("Look at a dead letter")
            .WithDescription("The message as it was received, and why it failed.");
        routes.MapPost("/dead-letters/{id}/replay", Replay<TDb>)
            .WithSummary("Replay a dead letter")
            .WithDescription("Use it once the cause is repaired. The message goes to the queue that could not handle it.");
        routes.MapDelete("/dead-letters/{id}", Discard<TDb>)
            .WithSummary("Discard a dead letter")
            .WithDescription("The message is never handled. It is kept for a while.");
    }

    static async Task<Results<Ok<DeadLetterList>, ProblemHttpResult>> List<TDb>(
        DeadLetters<TDb> letters, CancellationToken cancellation, string status = "waiting", int limit = LimitDefault)
        where TDb : DbContext
    {
        if (limit is < 1 or > LimitMax)
        {
            return Problem.Invalid("limit", $"Ask for 1 to {LimitMax} dead letters.");
        }

        if (status is "all")
        {
            return TypedResults.Ok(await letters.List(null, limit, cancellation));
        }

        return Enum.TryParse<DeadLetterStatus>(status, ignoreCase: true, out var known)
            && Enum.IsDefined(known)
            && !char.IsAsciiDigit(status[0])
            ? TypedResults.Ok(await letters.List(known, limit, cancellation))
            : Problem.Invalid("status", "Ask for waiting, replayed, discarded or all.");
    }

    static async Task<Results<Ok<DeadLetterContent>, ProblemHttpResult>> Find<TDb>(
        string id, DeadLetters<TDb> letters, CancellationToken cancellation)
        where TDb : DbContext =>
        await letters.Find(id, cancellation) is { } letter ? TypedResults.Ok(letter) : NotFound();

    static Task<Results<Accepted<DeadLetter>, ProblemHttpResult>> Replay<TDb>(
        string id, [AsParameters] Caller caller, KeyedWrites<TDb> writes, DeadLetters<TDb> letters)
        where TDb : DbContext => writes.Run<Accepted<DeadLetter>>(
            caller,
            "POST /ops/dead-letters/{id}/replay",
            new Decision(id),
            _ => { },
            async unit => await letters.Replay(unit, id, caller.Id) switch
            {
                null => NotFound(),
                { Status: DeadLetterStatus.Discarded } letter => Problem.Conflict($"It was discarded by {letter.DecidedBy}."),
                var letter => Accepted(letter),
            },
            stored => Accepted(stored.Body<DeadLetter>()));

    static Task<Results<Ok<DeadLetter>, ProblemHttpResult>> Discard<TDb>(
        string id, [AsParameters] Caller caller, KeyedWrites<TDb> writes, DeadLetters<TDb> letters)
        where TDb : DbContext => writes.Run<Ok<DeadLetter>>(
            caller,
            "DELETE /ops/dead-letters/{id}",
            new Decision(id),
            _ => { },
            async unit => await letters.Discard(unit, id, caller.Id) switch
            {
                null => NotFound(),
                { Status: DeadLetterStatus.Replayed } letter => Problem.Conflict($"It was replayed by {letter.DecidedBy}."),
                var letter => TypedResults.Ok(letter),
            },
            stored => TypedResults.Ok(stored.Body<DeadLetter>()));

    static Accepted<DeadLetter> Accepted(DeadLetter letter) => TypedResults.Accepted((string?)null, letter);

    static ProblemHttpResult NotFound() => Problem.NotFound("There is no such dead letter.");

    /// <summary>The content that makes two requests the same.</summary>
    internal sealed record Decision(string Id);
}

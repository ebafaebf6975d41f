using System.ComponentModel;
using System.Security.Claims;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Shop.Hosting;

namespace Shop.Messaging;

/// <summary>The user and the idempotency key of a write. A parameter of every route that writes.</summary>
public readonly record struct Caller(
    [property: FromHeader(Name = Caller.KeyHeader)]
    [property: Description(
        "Chosen by the client: a new key for each new operation. A repeated request with the same key is carried out once and gets the same answer.")]
    string? IdempotencyKey,
    ClaimsPrincipal User)
{
    const string KeyHeader = "Idempotency-Key";
    const int KeyLengthMax = 200;

    /// <summary>The user's name.</summary>
    public string Id => User.CustomerId();

    /// <returns>Null if there is no key.</returns>
    internal AnswerKey? Key(string route) => IdempotencyKey is { } key ? AnswerKey.Of(Id, route, key) : null;

    /// <returns>Null if there is no key, or a usable one.</returns>
    public ProblemHttpResult? Check() =>
        IdempotencyKey is null
            || (IdempotencyKey.Length is > 0 and <= KeyLengthMax && IdempotencyKey.All(character => character is > ' ' and <= '~'))
            ? null
            : Problem.Invalid(KeyHeader, $"The key must be 1 to {KeyLengthMax} visible ASCII characters, such as a UUID.");

    internal static ProblemHttpResult UsedForAnother() =>
        Problem.Unprocessable(KeyHeader, "This key was used for another request. Use a new key for something new.");

    internal static ProblemHttpResult InUse() =>
        Problem.Conflict("A request with this Idempotency-Key is still being processed. Ask again in a moment.");
}

using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Shop.Hosting;

namespace Shop.Messaging;

/// <summary>
/// The way the API writes. With an Idempotency-Key a request that is sent again has its effect once, and is answered as
/// the first time: the answer is stored with the effect, in one transaction. A request without a key also gets an answer that says so if
/// its outcome is unknown.
/// </summary>
public sealed class KeyedWrites<TDb>(GroupCommit<TDb> commit, KeysInFlight inFlight, TimeProvider clock) where TDb : DbContext
{
    // The limit is shorter than a request may take, so that the caller gets an answer.
    static readonly TimeSpan _patience = TimeSpan.FromSeconds(8);

    /// <param name="route">Belongs to the key, and is stored: it never changes.</param>
    /// <param name="asked">
    /// The content that makes two requests the same. Its form is stored as a hash, so it may change only by optional members.
    /// </param>
    /// <param name="need">Says which rows the work is going to ask for.</param>
    /// <param name="work">As for <see cref="GroupCommit{TDb}"/>. Only its success uses up the key.</param>
    /// <param name="again">Makes the answer of what is stored of it.</param>
    /// <exception cref="OverloadedException">Nothing was done; trying again a little later is the right answer.</exception>
    /// <exception cref="UnknownOutcomeException">Nobody can tell whether it was done.</exception>
    public async Task<Results<TAnswer, ProblemHttpResult>> Run<TAnswer>(
        Caller caller,
        string route,
        object asked,
        Action<NeededRows> need,
        Func<UnitOfWork<TDb>, Task<Results<TAnswer, ProblemHttpResult>>> work,
        Func<StoredAnswer, TAnswer> again)
        where TAnswer : IResult
    {
        if (caller.Check() is { } problem)
        {
            return problem;
        }

        var key = caller.Key(route);
        if (inFlight.TryEnter(key) is not { } held)
        {
            return Caller.InUse();
        }

        return await (key is null
            ? commit.Run(need, work, _patience, held)
            : commit.Run(need + (rows => rows.Answers.Add(key)), unit => Once(unit, key, asked, work, again), _patience, held));
    }

    async Task<Results<TAnswer, ProblemHttpResult>> Once<TAnswer>(
        UnitOfWork<TDb> unit,
        AnswerKey key,
        object asked,
        Func<UnitOfWork<TDb>, Task<Results<TAnswer, ProblemHttpResult>>> work,
        Func<StoredAnswer, TAnswer> again)
        where TAnswer : IResult
    {
        if (StoredAnswers<TDb>.Find(unit.Db, key) is { } stored)
        {
            return RequestFingerprint.Matches(stored.RequestHash, asked) ? again(stored) : Caller.UsedForAnother();
        }

        var answer = await work(unit);
        if (answer.Result is TAnswer success)
        {
            var result = success is INestedHttpResult nested ? nested.Result : success;
            unit.Db.Add(new StoredAnswer
            {
                CustomerId = key.User,
                IdempotencyKey = key.Key,
                RequestHash = RequestFingerprint.Of(asked),
                Status = ((IStatusCodeHttpResult)result).StatusCode,
                Answer = JsonSerializer.Serialize(((IValueHttpResult)result).Value, JsonSerializerOptions.Web),
                StoredAt = clock.GetUtcNow(),
            });
        }

        return answer;
    }
}

using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace Shop.PaymentProvider;

/// <summary>
/// The API of the provider. A charge is made once for an idempotency key. A request that repeats the key gets the same charge, and waits
/// for it if it is still being made.
/// </summary>
sealed class Charges(Ledger ledger, FaultInjection faults, ChargesInProgress inProgress, Refunds refunds, TimeProvider clock)
{
    const int FlakyFailures = 2;

    readonly ConcurrentDictionary<string, int> _flakyFailures = new();

    public sealed record ChargeRequest(JsonElement Amount, string Currency, string Token, string Reference);

    public sealed record RefundRequest(JsonElement? Amount);

    public async Task<Results<Created<ChargeView>, ProblemHttpResult>> Make(
        ChargeRequest request, [FromHeader(Name = "Idempotency-Key")] string? key, CancellationToken cancellation)
    {
        if (string.IsNullOrEmpty(key) || request.Reference is "" || request.Currency != "EUR"
            || ReadAmount(request.Amount) is not { } amount)
        {
            return Refuse(400, "Needed: an Idempotency-Key header, a reference, currency EUR and an amount such as 25.00.");
        }

        if (ledger.FindByKey(key) is { } earlier)
        {
            return Answer(earlier, request, amount);
        }

        if (await Misbehave(cancellation) is { } fault)
        {
            return fault;
        }

        if (!Tokens.Known.Contains(request.Token))
        {
            return Refuse(422, "Unknown token.", "unknown_token");
        }

        if (request.Token == Tokens.Outage
            || (request.Token == Tokens.Flaky && _flakyFailures.AddOrUpdate(key, 1, (_, count) => count + 1) <= FlakyFailures))
        {
            return Refuse(503, "The issuing bank does not answer.");
        }

        if (inProgress.IsLate(key) || faults.Happens(faults.Current.KeyInUseRate))
        {
            return KeyInUse();
        }

        if (faults.Happens(faults.Current.LateRate))
        {
            // Of two requests at once, one lands.
            if (!inProgress.TryMakeLate(request, key, amount, TimeSpan.FromMilliseconds(faults.Current.LateMilliseconds)))
            {
                return KeyInUse();
            }

            await Task.Delay(Timeout.InfiniteTimeSpan, cancellation);
        }

        var charge = await inProgress.Make(request, key, amount).WaitAsync(cancellation);
        if (request.Token == Tokens.Timeout || faults.Happens(faults.Current.SilentRate))
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, cancellation);
        }

        return Answer(charge, request, amount);
    }

    /// <summary>
    /// By what it is for, by its key, by when it last changed (<paramref name="changedAfter"/>, empty for from the beginning, going on at
    /// <paramref name="afterId"/>), or all in the order they were made.
    /// </summary>
    public IResult Find(
        string? reference, string? idempotencyKey, string? changedAfter, string? afterId, int after = 0, int limit = 1_000)
    {
        if ((faults.Current.Outage && faults.Hit())
            || ((reference ?? idempotencyKey) is not null && faults.Happens(faults.Current.QuestionErrorRate)))
        {
            return Refuse(503, "The payment provider is down.");
        }

        var since = DateTimeOffset.MinValue;
        if (changedAfter is { Length: > 0 }
            && !DateTimeOffset.TryParse(changedAfter, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out since))
        {
            return Refuse(400, "changedAfter must be a time such as 2026-01-31T12:00:00.000000Z.");
        }

        limit = Math.Clamp(limit, 1, 10_000);
        IEnumerable<Charge> found = (reference, idempotencyKey, changedAfter) switch
        {
            (not null, _, _) => ledger.FindByReference(reference),
            (_, not null, _) => ledger.FindByKey(idempotencyKey) is { } charge ? [charge] : [],
            (_, _, not null) => ledger.PageOfChanges(since, afterId ?? "", limit),
            _ => ledger.Page(after, limit),
        };
        var lag = TimeSpan.FromMilliseconds(faults.Current.LedgerLagMilliseconds);
        return TypedResults.Ok(
            found.Where(charge => lag == TimeSpan.Zero || charge.MadeAt < clock.GetUtcNow() - lag || !faults.Hit()).Select(ChargeView.Of));
    }

    public async Task<Results<Ok<ChargeView>, ProblemHttpResult>> Refund(
        string id,
        RefundRequest? request,
        [FromHeader(Name = "Idempotency-Key")] string? key,
        CancellationToken cancellation)
    {
        if (string.IsNullOrEmpty(key))
        {
            return Refuse(400, "Needed: an Idempotency-Key header.");
        }

        if (await Misbehave(cancellation) is { } fault)
        {
            return fault;
        }

        if (faults.Happens(faults.Current.KeyInUseRate))
        {
            return Refuse(409, "A refund with this Idempotency-Key is being made.", "key_in_use");
        }

        if (ledger.FindById(id) is null)
        {
            return Refuse(404, "There is no such charge.");
        }

        if (request?.Amount is { } asked && ReadAmount(asked) is null)
        {
            return Refuse(400, "The amount must be such as 10.00.");
        }

        return await refunds.GiveBack(id, key, request?.Amount is { } part ? ReadAmount(part) : null, cancellation) is { } refunded
            ? TypedResults.Ok(ChargeView.Of(refunded))
            : Refuse(422, "There is not that much to give back.", "nothing_left");
    }

    async Task<ProblemHttpResult?> Misbehave(CancellationToken cancellation)
    {
        var now = faults.Current;
        if (now.LatencyMilliseconds > 0)
        {
            faults.Hit();
            await Task.Delay(TimeSpan.FromMilliseconds(now.LatencyMilliseconds), clock, cancellation);
        }

        return (now.Outage && faults.Hit()) || faults.Happens(now.ErrorRate) ? Refuse(503, "The payment provider is down.") : null;
    }

    static Results<Created<ChargeView>, ProblemHttpResult> Answer(Charge charge, ChargeRequest request, decimal amount) =>
        charge.Amount == amount && charge.Reference == request.Reference && charge.Token == request.Token
            ? TypedResults.Created($"/v1/charges/{charge.Id}", ChargeView.Of(charge))
            : Refuse(422, "This Idempotency-Key was used for another charge.");

    static decimal? ReadAmount(JsonElement amount)
    {
        var text = amount.ValueKind switch
        {
            JsonValueKind.String => amount.GetString(),
            JsonValueKind.Number => amount.GetRawText(),
            _ => null,
        };
        return decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value)
            && value > 0 && decimal.Round(value, 2) == value
                ? value
                : null;
    }

    static ProblemHttpResult KeyInUse() => Refuse(409, "A charge with this Idempotency-Key is being made.", "key_in_use");

    static ProblemHttpResult Refuse(int status, string detail, string? code = null) => TypedResults.Problem(
        detail, statusCode: status, extensions: code is null ? null : new Dictionary<string, object?> { ["code"] = code });
}

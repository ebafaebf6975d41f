using Polly.CircuitBreaker;
using Polly.RateLimiting;
using Polly.Timeout;

namespace Shop.Payment.Provider;

/// <summary>
/// What every answer of the payment provider means: a closed list for each call. An answer that is not in the list is unknown, and the call
/// is repeated. An answer may come from a proxy, a firewall or a broken server, so a status alone has no meaning. The body must be about
/// the wanted charge.
/// </summary>
static class Meanings
{
    /// <summary>POST /v1/charges.</summary>
    public static ChargeAnswer OfCharge(Reply reply, WantedCharge wanted) => (reply.Status, reply.Body) switch
    {
        (200 or 201, ReplyBody.Charge charge) when charge.IsFor(wanted) => OfStatus(charge),
        (422, ReplyBody.Problem { Code: "unknown_token" }) => new ChargeAnswer.Declined("unknown_token"),
        (429 or 503, ReplyBody.Problem) => new ChargeAnswer.NotDone($"answered {reply.Status}"),
        _ => Unknown(reply),
    };

    /// <summary>GET /v1/charges?idempotencyKey=…</summary>
    public static ChargeAnswer OfQuestion(Reply reply, WantedCharge wanted) => (reply.Status, reply.Body) switch
    {
        (200, ReplyBody.Charges { Found: [] }) => new ChargeAnswer.NotFound(),
        (200, ReplyBody.Charges { Found: [var charge] }) when charge.IsFor(wanted) => OfStatus(charge),
        _ => Unknown(reply),
    };

    /// <summary>POST /v1/charges/{id}/refunds.</summary>
    public static ChargeAnswer OfRefund(Reply reply, WantedCharge wanted, string chargeId) => (reply.Status, reply.Body) switch
    {
        (200 or 201, ReplyBody.Charge charge) when charge.IsFor(wanted) && charge.Id == chargeId => OfStatus(charge),
        (429 or 503, ReplyBody.Problem) => new ChargeAnswer.NotDone($"answered {reply.Status}"),
        _ => Unknown(reply),
    };

    /// <summary>GET /v1/charges?changedAfter=… and ?reference=…</summary>
    /// <returns>Null if it is no list.</returns>
    public static IReadOnlyList<ReplyBody.Charge>? OfList(Reply reply) =>
        reply is { Status: 200, Body: ReplyBody.Charges { Found: var charges } } ? charges : null;

    /// <summary>No answer at all.</summary>
    /// <param name="isQuestion">True for a question to the ledger: a question that was never sent has no answer.</param>
    public static ChargeAnswer OfFailure(Exception error, bool isQuestion) => error switch
    {
        _ when isQuestion => new ChargeAnswer.Unknown("the payment provider could not be asked"),
        BrokenCircuitException => new ChargeAnswer.NotDone("the circuit breaker is open"),
        RateLimiterRejectedException => new ChargeAnswer.NotDone("too many calls of failing customers are under way"),
        // The call never left, because there was no connection.
        HttpRequestException
        {
            HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError
                or HttpRequestError.SecureConnectionError or HttpRequestError.ProxyTunnelError,
        } => new ChargeAnswer.NotDone("the payment provider cannot be reached"),
        TimeoutRejectedException => new ChargeAnswer.Unknown("no answer in time"),
        OperationCanceledException => new ChargeAnswer.Unknown("given up"),
        _ => new ChargeAnswer.Unknown("a broken answer"),
    };

    /// <summary>True if the answer is about our key: it has expired, was taken back, or is not the right one.</summary>
    public static bool KeyIsRefused(Reply reply) => reply.Status is 401 or 403;

    /// <summary>What the ledger says of a charge.</summary>
    public static ChargeAnswer OfStatus(ReplyBody.Charge charge) => charge switch
    {
        { Status: "succeeded" or "refunded", Refunded: >= 0 } when charge.Refunded <= charge.Amount =>
            new ChargeAnswer.Succeeded(charge.Id, charge.Refunded),
        { Status: "declined", Refunded: 0 } => new ChargeAnswer.Declined(charge.Code ?? "declined"),
        _ => new ChargeAnswer.Unknown("a charge of a status that is not known"),
    };

    static ChargeAnswer.Unknown Unknown(Reply reply) => new(reply switch
    {
        { Status: 401 or 403 } => $"answered {reply.Status}: our key is refused",
        { Body: ReplyBody.Other(var what) } => $"answered {reply.Status} with {what}",
        { Body: ReplyBody.Problem { Code: { } code } } => $"answered {reply.Status}, {code}",
        { Body: ReplyBody.Charge } => $"answered {reply.Status} with another charge",
        { Body: ReplyBody.Charges } => $"answered {reply.Status} with other charges",
        _ => $"answered {reply.Status}",
    });
}

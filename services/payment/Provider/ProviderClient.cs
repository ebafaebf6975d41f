using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.Options;

namespace Shop.Payment.Provider;

/// <summary>
/// The payment provider's API. Retries, time limits and circuit breaker are in the HTTP client's pipeline
/// (<see cref="ProviderRegistration"/>); an idempotency key makes repeating a call safe.
/// </summary>
sealed class ProviderClient(HttpClient http, ProviderMetrics metrics, ProviderAccess access, IOptions<ProviderOptions> options)
{
    public Task<ChargeAnswer> Charge(WantedCharge wanted, string token, CancellationToken cancellation)
    {
        var amount = wanted.Amount.ToString("0.00", CultureInfo.InvariantCulture);
        var body = new { Amount = amount, Currency = "EUR", Token = token, wanted.Reference };
        return Call("charge", Of(wanted, Post("v1/charges", wanted.Key, body)), reply => Meanings.OfCharge(reply, wanted), cancellation);
    }

    /// <summary>Asks for the outcome of an earlier charge.</summary>
    public Task<ChargeAnswer> Ask(WantedCharge wanted, CancellationToken cancellation)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, $"v1/charges?idempotencyKey={Uri.EscapeDataString(wanted.Key)}");
        return Call("ask", Of(wanted, request), reply => Meanings.OfQuestion(reply, wanted), cancellation);
    }

    /// <summary>
    /// Gives back whatever of a charge has not gone back yet. A refusal may mean that there is nothing left to give, because somebody
    /// else gave it back; the ledger tells.
    /// </summary>
    /// <returns>Succeeded, with all that has gone back by now.</returns>
    public async Task<ChargeAnswer> Refund(WantedCharge wanted, string chargeId, string idempotencyKey, CancellationToken cancellation)
    {
        var request = Post($"v1/charges/{Uri.EscapeDataString(chargeId)}/refunds", idempotencyKey, new { });
        var answer = await Call("refund", Of(wanted, request), reply => Meanings.OfRefund(reply, wanted, chargeId), cancellation);
        return answer is ChargeAnswer.Unknown ? await Ask(wanted, cancellation) : answer;
    }

    /// <summary>A page of the charges that were made, or of which something was given back, after a moment; oldest change first.</summary>
    /// <param name="afterId">The charge of that moment with which the page before ended.</param>
    /// <returns>The time by the provider's clock with it; null if there was no answer.</returns>
    public async Task<(IReadOnlyList<ReplyBody.Charge> Charges, DateTimeOffset Now)?> List(
        DateTimeOffset? changedAfter, string? afterId, int limit, CancellationToken cancellation)
    {
        var after = changedAfter is { } moment ? $"{moment.UtcDateTime:yyyy-MM-ddTHH:mm:ss.ffffffZ}" : "";
        var query = $"v1/charges?changedAfter={after}&afterId={Uri.EscapeDataString(afterId ?? "")}&limit={limit}";
        DateTimeOffset? now = null;
        var charges = await Find(query, response => now = response.Headers.Date, cancellation);
        return charges is not null && now is { } known && charges.All(charge => charge.ChangedAt is not null) ? (charges, known) : null;
    }

    /// <summary>All charges for an order, whoever made them.</summary>
    /// <returns>Null if there was no answer.</returns>
    public Task<IReadOnlyList<ReplyBody.Charge>?> FindByReference(string reference, CancellationToken cancellation) =>
        Find($"v1/charges?reference={Uri.EscapeDataString(reference)}", _ => { }, cancellation);

    async Task<IReadOnlyList<ReplyBody.Charge>?> Find(string query, Action<HttpResponseMessage> seen, CancellationToken cancellation)
    {
        IReadOnlyList<ReplyBody.Charge>? found = null;
        await Call(
            "list",
            new HttpRequestMessage(HttpMethod.Get, query),
            reply => (found = Meanings.OfList(reply)) is null
                ? new ChargeAnswer.Unknown($"answered {reply.Status}")
                : new ChargeAnswer.Succeeded(""),
            cancellation,
            seen);
        return found;
    }

    static HttpRequestMessage Of(WantedCharge wanted, HttpRequestMessage request)
    {
        FailingCustomers.Mark(request, wanted.CustomerId);
        return request;
    }

    static HttpRequestMessage Post(string path, string idempotencyKey, object body)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, path)
        {
            Content = JsonContent.Create(body, body.GetType(), options: JsonSerializerOptions.Web),
        };
        request.Headers.Add("Idempotency-Key", idempotencyKey);
        return request;
    }

    async Task<ChargeAnswer> Call(
        string operation,
        HttpRequestMessage request,
        Func<Reply, ChargeAnswer> meaning,
        CancellationToken cancellation,
        Action<HttpResponseMessage>? seen = null)
    {
        var startedAt = Stopwatch.GetTimestamp();
        ChargeAnswer answer;
        try
        {
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
            // The pipeline limits the time to the headers. This limit covers the body, which may never end.
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            limit.CancelAfter(options.Value.AnswerTimeLimit);
            await response.Content.LoadIntoBufferAsync(options.Value.AnswerBytesMax, limit.Token);
            var reply = Reply.Read(response.StatusCode, await response.Content.ReadAsByteArrayAsync(limit.Token));
            access.Tell(Meanings.KeyIsRefused(reply));
            seen?.Invoke(response);
            answer = meaning(reply);
        }
        catch (Exception error)
        {
            answer = Meanings.OfFailure(error, isQuestion: request.Method == HttpMethod.Get);
        }
        finally
        {
            request.Dispose();
        }

        return metrics.Called(operation, startedAt, answer);
    }
}

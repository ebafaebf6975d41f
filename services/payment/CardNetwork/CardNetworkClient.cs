using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.Json;
using Polly.CircuitBreaker;
using Polly.Timeout;

namespace Shop.Payment.CardNetwork;

/// <summary>What is known after a call to the card network.</summary>
abstract record ChargeAnswer
{
    /// <summary>The money was taken.</summary>
    public sealed record Succeeded(string ChargeId) : ChargeAnswer;

    /// <summary>The card was refused; nothing was taken.</summary>
    public sealed record Declined(string Code) : ChargeAnswer;

    /// <summary>For certain nothing was done: the call was refused, or never left.</summary>
    public sealed record NotDone(string Reason) : ChargeAnswer;

    /// <summary>No answer. The money may have been taken, or may still be.</summary>
    public sealed record Unknown(string Reason) : ChargeAnswer;
}

/// <summary>
/// The card network's API. Retries, time limits and circuit breaker are in the HTTP client's pipeline
/// (<see cref="CardNetworkRegistration"/>); an idempotency key makes repeating a call safe.
/// </summary>
sealed class CardNetworkClient(HttpClient http, CardNetworkMetrics metrics)
{
    sealed record ChargeView(string Id, string Reference, string Amount, string Refunded, string Status, string? Code);

    public async Task<ChargeAnswer> Charge(
        string idempotencyKey, decimal amount, string token, string reference, CancellationToken cancellation)
    {
        var startedAt = Stopwatch.GetTimestamp();
        var body = JsonContent.Create(
            new { Amount = Text(amount), Currency = "EUR", Token = token, Reference = reference },
            options: JsonSerializerOptions.Web);
        using var request = new HttpRequestMessage(HttpMethod.Post, "v1/charges") { Content = body };
        request.Headers.Add("Idempotency-Key", idempotencyKey);
        var answer = await Call(request, async response => Read(await Body<ChargeView>(response, cancellation)), cancellation);
        return metrics.Called("charge", startedAt, answer);
    }

    /// <summary>Asks what became of an earlier charge. NotDone means that the network has no charge under this key.</summary>
    public async Task<ChargeAnswer> Ask(string idempotencyKey, CancellationToken cancellation)
    {
        var startedAt = Stopwatch.GetTimestamp();
        using var request = new HttpRequestMessage(
            HttpMethod.Get, $"v1/charges?idempotencyKey={Uri.EscapeDataString(idempotencyKey)}");
        var answer = await Call(
            request,
            async response => await Body<ChargeView[]>(response, cancellation) is [var charge, ..]
                ? Read(charge)
                : new ChargeAnswer.NotDone("no such charge"),
            cancellation);
        // Not having been able to ask is no answer to the question.
        return metrics.Called("ask", startedAt, answer is ChargeAnswer.NotDone { Reason: not "no such charge" } failed
            ? new ChargeAnswer.Unknown(failed.Reason)
            : answer);
    }

    /// <summary>Gives a whole charge back.</summary>
    /// <returns>Succeeded once it is certain.</returns>
    public async Task<ChargeAnswer> Refund(string chargeId, string idempotencyKey, CancellationToken cancellation)
    {
        var startedAt = Stopwatch.GetTimestamp();
        using var request = new HttpRequestMessage(
            HttpMethod.Post, $"v1/charges/{Uri.EscapeDataString(chargeId)}/refunds")
        {
            Content = JsonContent.Create(new { }),
        };
        request.Headers.Add("Idempotency-Key", idempotencyKey);
        var answer = await Call(request, async response => Read(await Body<ChargeView>(response, cancellation)), cancellation);
        return metrics.Called("refund", startedAt, answer);
    }

    async Task<ChargeAnswer> Call(
        HttpRequestMessage request, Func<HttpResponseMessage, Task<ChargeAnswer>> read, CancellationToken cancellation)
    {
        try
        {
            using var response = await http.SendAsync(request, cancellation);
            return response.StatusCode switch
            {
                HttpStatusCode.ServiceUnavailable or HttpStatusCode.TooManyRequests =>
                    new ChargeAnswer.NotDone($"answered {(int)response.StatusCode}"),
                >= HttpStatusCode.InternalServerError => new ChargeAnswer.Unknown($"answered {(int)response.StatusCode}"),
                _ when response.IsSuccessStatusCode => await read(response),
                _ => new ChargeAnswer.Declined("invalid_request"),
            };
        }
        catch (BrokenCircuitException)
        {
            return new ChargeAnswer.NotDone("the circuit breaker is open");
        }
        catch (HttpRequestException error) when (error.HttpRequestError is HttpRequestError.ConnectionError)
        {
            return new ChargeAnswer.NotDone("the card network cannot be reached");
        }
        catch (Exception error) when (error is HttpRequestException or TimeoutRejectedException or JsonException or IOException)
        {
            return new ChargeAnswer.Unknown("no answer in time, or a broken one");
        }
        catch (OperationCanceledException)
        {
            return new ChargeAnswer.Unknown("given up");
        }
    }

    static async Task<T> Body<T>(HttpResponseMessage response, CancellationToken cancellation) =>
        await response.Content.ReadFromJsonAsync<T>(JsonSerializerOptions.Web, cancellation)
        ?? throw new JsonException("The card network's answer is empty.");

    static ChargeAnswer Read(ChargeView charge) => charge.Status == "declined"
        ? new ChargeAnswer.Declined(charge.Code ?? "declined")
        : new ChargeAnswer.Succeeded(charge.Id);

    static string Text(decimal amount) => amount.ToString("0.00", CultureInfo.InvariantCulture);
}

using System.Globalization;
using System.Net;

namespace Shop.Monolith;

/// <summary>What came of a charge.</summary>
/// <param name="DeclineCode">Null if it is paid.</param>
sealed record ChargeOutcome(string? ChargeId, string? DeclineCode)
{
    public bool IsPaid => DeclineCode is null;
}

/// <summary>The payment provider's API.</summary>
sealed class PaymentProvider(HttpClient http)
{
    /// <returns>Null if nobody knows whether money moved.</returns>
    public async Task<ChargeOutcome?> Charge(Payment payment)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "v1/charges")
        {
            Headers = { { "Idempotency-Key", $"{payment.OrderId}" } },
            Content = JsonContent.Create(new
            {
                Amount = payment.Amount.ToString("0.00", CultureInfo.InvariantCulture),
                Currency = "EUR",
                payment.Token,
                Reference = $"{payment.OrderId}",
            }),
        };
        try
        {
            using var response = await http.SendAsync(request);
            return response.StatusCode switch
            {
                HttpStatusCode.Created when await response.Content.ReadFromJsonAsync<Reply>() is { } reply =>
                    new(reply.Id, reply.Status == "declined" ? reply.Code ?? reply.Status : null),
                HttpStatusCode.UnprocessableEntity => new(null, "refused"),
                _ => null,
            };
        }
        catch (Exception error) when (error is HttpRequestException or TaskCanceledException)
        {
            return null;
        }
    }

    sealed record Reply(string Id, string Status, string? Code);
}

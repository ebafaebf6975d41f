using System.Text.Json.Serialization;

namespace Shop.PaymentProvider;

/// <summary>Money asked from a card, and what became of it.</summary>
/// <param name="Code">Why it was declined.</param>
/// <param name="Refunds">What was given back, by the refund's idempotency key.</param>
sealed record Charge(
    string Id,
    string IdempotencyKey,
    string Reference,
    decimal Amount,
    string Currency,
    string Token,
    string? Code,
    IReadOnlyDictionary<string, decimal> Refunds)
{
    public DateTimeOffset MadeAt { get; init; }

    /// <summary>When it was made, or something of it last went back. The ledger sets it.</summary>
    public DateTimeOffset ChangedAt { get; init; }

    [JsonIgnore]
    public decimal Refunded => Refunds.Values.Sum();

    [JsonIgnore]
    public string Status => this switch
    {
        { Code: not null } => "declined",
        { Refunded: > 0 } when Refunded == Amount => "refunded",
        _ => "succeeded",
    };
}

using System.Globalization;

namespace Shop.PaymentProvider;

/// <summary>A charge as the API shows it.</summary>
sealed record ChargeView(
    string Id,
    string Reference,
    string Amount,
    string Refunded,
    string Status,
    string? Code,
    string Currency,
    string IdempotencyKey,
    string ChangedAt)
{
    public static ChargeView Of(Charge charge) => new(
        charge.Id,
        charge.Reference,
        Text(charge.Amount),
        Text(charge.Refunded),
        charge.Status,
        charge.Code,
        charge.Currency,
        charge.IdempotencyKey,
        charge.ChangedAt.ToString("yyyy-MM-ddTHH:mm:ss.ffffffZ", CultureInfo.InvariantCulture));

    static string Text(decimal amount) => amount.ToString("0.00", CultureInfo.InvariantCulture);
}

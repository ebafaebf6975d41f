namespace Shop.Payment;

/// <summary>The queue payment receives from.</summary>
static class Endpoints
{
    public const string Payments = "payment-payments";
}

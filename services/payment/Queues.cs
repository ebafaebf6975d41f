namespace Shop.Payment;

/// <summary>The queue payment receives from.</summary>
static class Queues
{
    public const string Payments = "payment-payments";
}

namespace Shop.PaymentProvider;

/// <summary>The provider's test tokens, and how a payment with each goes.</summary>
static class Tokens
{
    public const string Flaky = "tok_flaky";
    public const string Slow = "tok_slow";
    public const string Timeout = "tok_timeout";
    public const string Outage = "tok_outage";

    public static IReadOnlySet<string> Known { get; } = new HashSet<string>
    {
        "tok_visa", "tok_declined", "tok_insufficient_funds", Flaky, Slow, Timeout, Outage,
    };

    /// <returns>Null for a token that pays.</returns>
    public static string? DeclineCode(string token) => token switch
    {
        "tok_declined" => "card_declined",
        "tok_insufficient_funds" => "insufficient_funds",
        _ => null,
    };
}

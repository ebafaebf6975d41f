using Shop.Hosting;

namespace Shop.Payment.Payments;

/// <summary>What payment can tell by itself about its promises.</summary>
static class PaymentInvariants
{
    public static DatabaseGauge Unsettled { get; } = new(
        "shop.payments.unsettled",
        "{payment}",
        "Payments whose outcome is still open",
        "select count(*)::float8 from payment.payments where next_attempt_at is not null");

    public static IReadOnlyList<InvariantRule> Rules(IServiceProvider services, TimeSpan grace) =>
    [
        new(
            "payments-are-worked-on",
            "no payment waits for its next attempt longer than it should",
            $"""
            select 'payment for ' || order_id, 'an attempt at ' || next_attempt_at, state || ' after ' || attempts || ' attempts'
            from payment.payments where next_attempt_at > '-infinity' and next_attempt_at < now() - {InvariantRule.Interval(grace)}
            """),
    ];
}

using Microsoft.Extensions.Options;
using Shop.Hosting;
using Shop.Payment.Reconciliation;

namespace Shop.Payment.Payments;

/// <summary>The promises that payment can check by itself.</summary>
static class PaymentInvariants
{
    public static DatabaseGauge Unsettled { get; } = new(
        "shop.payments.unsettled",
        "{payment}",
        "Payments whose outcome is still open",
        "select count(*)::float8 from payment.payments where next_attempt_at is not null");

    public static DatabaseGauge Differences { get; } = new(
        "shop.payments.differences",
        "{charge}",
        "Charges about which the payment provider's ledger and the payments disagree",
        "select count(*)::float8 from payment.differences");

    public static IReadOnlyList<InvariantRule> Rules(IServiceProvider services, TimeSpan grace)
    {
        var alarmAfter = services.GetRequiredService<IOptions<PaymentOptions>>().Value.AlarmAfter;
        var sweepAlarmAfter = services.GetRequiredService<IOptions<ReconciliationOptions>>().Value.AlarmAfter;
        return
        [
            new(
                "payments-are-worked-on",
                "no payment waits for its next attempt longer than it should",
                $"""
                select 'payment for ' || order_id, 'an attempt at ' || next_attempt_at, state || ' after ' || attempts || ' attempts'
                from payment.payments where next_attempt_at > '-infinity' and next_attempt_at < now() - {InvariantRule.Interval(grace)}
                """),
            new(
                "payments-settle",
                "the payment provider gives every payment an answer that means something",
                $"""
                select 'payment for ' || order_id, 'an outcome within {alarmAfter}', state || ' since ' || open_since || ', ' || attempts || ' attempts'
                from payment.payments where next_attempt_at is not null and open_since < now() - {InvariantRule.Interval(alarmAfter)}
                """),
            new(
                "reconciled",
                "the payment provider's ledger and the payments agree about every charge",
                $"""
                select 'charge ' || charge_id || ' for ' || reference, expected, found
                from payment.differences where first_seen_at < now() - {InvariantRule.Interval(grace)}
                """),
            new(
                "reconciliation-runs",
                "the payment provider's ledger is read to its end again and again",
                $"""
                select 'the ledger', 'read within {sweepAlarmAfter}', 'read at ' || swept_at
                from payment.sweep where swept_at < now() - {InvariantRule.Interval(sweepAlarmAfter)}
                """),
        ];
    }
}

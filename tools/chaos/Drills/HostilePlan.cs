using Shop.Chaos.Auditing;
using Shop.Chaos.Drills.Faults;

namespace Shop.Chaos.Drills;

/// <summary>Each kind of misbehaviour of the payment provider once, and then all of them together.</summary>
static class HostilePlan
{
    static readonly (double, double) _lasting = (5, 10);

    public static IReadOnlyList<PlannedFault> Of(Random random, TimeSpan load)
    {
        (string Title, object Faults)[] deck =
        [
            ("charges land late", new { LateRate = 0.4, LateMilliseconds = 30_000 }),
            ("idempotency keys are in use", new { KeyInUseRate = 0.4 }),
            ("proxies and firewalls answer", new { ProxyRate = 0.4 }),
            ("answers that are in no contract", new { StrangeRate = 0.4 }),
            ("half answers, and endless ones", new { BrokenRate = 0.4 }),
            ("money given back from outside", new { RefundRate = 0.2, PartialRefundRate = 0.2 }),
            ("the API key has expired", new { KeyExpired = true }),
            ("the ledger lags", new { LedgerLagMilliseconds = 3_000, SilentRate = 0.4 }),
        ];
        random.Shuffle(deck);
        (string, object) all = ("all of it", new
        {
            LateRate = 0.2, LateMilliseconds = 30_000, KeyInUseRate = 0.2, ProxyRate = 0.2, StrangeRate = 0.2, BrokenRate = 0.2,
            SilentRate = 0.2, RefundRate = 0.2, PartialRefundRate = 0.2, LedgerLagMilliseconds = 1_000,
        });
        var next = 0;
        return PlannedFault.Repeat(random, load, _lasting, _ =>
        {
            var (title, faults) = next < deck.Length ? deck[next++] : all;
            // A refund that nobody asked for cancels its order, as if the payment had been declined.
            return new ProviderFault(title, faults, [Endings.PaymentTimeout, Endings.PaymentDeclined], random.Next());
        });
    }
}

using Shop.Chaos.Auditing;

namespace Shop.Chaos.Drills;

/// <summary>Compares the promises to customers with the result.</summary>
public static class DrillJudge
{
    /// <param name="ends">The orders that got a 202, as ordering's database has them.</param>
    /// <param name="windows">The faults of the run.</param>
    /// <param name="copies">How many copies of messages they made, and how many were dropped; null where the audit alone judges.</param>
    /// <returns>What contradicts a promise, as sentences.</returns>
    public static IEnumerable<string> Failures(
        Drill drill,
        Customers customers,
        AuditResult audit,
        IReadOnlyDictionary<Guid, OrderEnd> ends,
        IReadOnlyList<FaultWindow> windows,
        Copies? copies = null) =>
    [
        .. from invariant in audit.Invariants
           where copies is null || invariant.Name != MessageAccounts.DuplicatesInvariant
           from violation in invariant.Violations
           select $"{invariant.Name}: {violation.Subject}: expected {violation.Expected}, found {violation.Found}",
        .. customers.Accepted.Keys.Where(id => !ends.ContainsKey(id)).Select(id => $"order {id} got a 202 and is not there"),
        .. customers.Cancelled.Where(id => ends.GetValueOrDefault(id)?.Status != "Cancelled")
            .Select(id => $"order {id}: its cancellation got a 202, and it is {ends.GetValueOrDefault(id)?.Status ?? "not there"}"),
        .. EndingJudge.Unexplained(customers, ends, windows),
        .. copies is { Made: var made, Dropped: var dropped } && made != dropped
            ? [$"{dropped} messages were dropped as duplicates without a word from who delivered them, and faults made {made} copies"]
            : Array.Empty<string>(),
        .. customers.DoubledKeys.Select(key => $"idempotency key {key} stood for two orders"),
        .. customers.Unanswered.Select(key => $"order {key} was never answered"),
        .. customers.Refusals.Select(refusal => $"refused: {refusal}"),
        .. from failed in customers.FailedRequests
           where drill.IsSeamless
           select $"{failed.Value} requests failed ({failed.Key}), and none should",
    ];
}

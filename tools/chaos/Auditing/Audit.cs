using System.Diagnostics;
using Shop.Launcher;

namespace Shop.Chaos.Auditing;

/// <summary>An invariant and what contradicts it.</summary>
public sealed record InvariantResult(string Name, string Promise, IReadOnlyList<Violation> Violations);

/// <summary>What an audit found.</summary>
/// <param name="Quiet">False if work was still in flight.</param>
public sealed record AuditResult(bool Ok, bool Quiet, long Orders, long Charges, IReadOnlyList<InvariantResult> Invariants);

/// <summary>Waits until nothing is in flight, and then checks every invariant.</summary>
public sealed class Audit(Checkout checkout)
{
    static readonly TimeSpan _pollInterval = TimeSpan.FromMilliseconds(500);

    readonly WorkInFlight _inFlight = new(checkout);

    /// <summary>
    /// A violation that lasts longer than this is no message under way. The broker counts its messages every 5 seconds only, so the system
    /// may count as idle while the last messages are being handled.
    /// </summary>
    public TimeSpan SettlingTime { get; init; } = TimeSpan.FromSeconds(12);

    /// <param name="timeLimit">How long to wait until the system is idle. Work that is unfinished then is a finding.</param>
    /// <param name="onWait">Gets the amount of work in flight.</param>
    public async Task<AuditResult> Run(TimeSpan timeLimit, Action<long> onWait, CancellationToken cancellation)
    {
        var isQuiet = await _inFlight.Wait(timeLimit, onWait, cancellation);
        var settling = Stopwatch.StartNew();
        var result = await Check(isQuiet, cancellation);
        while (!result.Ok && isQuiet && settling.Elapsed < SettlingTime)
        {
            await Task.Delay(_pollInterval, cancellation);
            result = await Check(isQuiet, cancellation);
        }

        return result;
    }

    async Task<AuditResult> Check(bool isQuiet, CancellationToken cancellation)
    {
        await using var data = await AuditData.Read(checkout, cancellation);
        var results = new List<InvariantResult>();
        foreach (var invariant in Invariant.All)
        {
            results.Add(new(invariant.Name, invariant.Promise, await data.Ask(invariant, cancellation)));
        }

        results.Add(new("queues-empty", "no message is left in the broker", await _inFlight.Queues(cancellation)));
        return new(
            results.All(result => result.Violations is []),
            isQuiet,
            await data.CountOrders(cancellation),
            await data.CountCharges(cancellation),
            results);
    }
}

using System.Diagnostics;

namespace Shop.Cli.Auditing;

sealed record InvariantResult(string Name, string Promise, IReadOnlyList<Violation> Violations);

/// <summary>What an audit found.</summary>
/// <param name="Quiet">False if something was still going on when it looked.</param>
sealed record AuditResult(bool Ok, bool Quiet, int Orders, int Charges, IReadOnlyList<InvariantResult> Invariants);

/// <summary>Waits until nothing is going on any more, and then asks every invariant.</summary>
sealed class Audit(Checkout checkout)
{
    static readonly TimeSpan _pollInterval = TimeSpan.FromMilliseconds(300);

    // The broker counts its messages every 5 seconds only, so "quiet" may be said while the last ones are being handled. What
    // is wrong for longer than this is no message under way.
    static readonly TimeSpan _settlingTime = TimeSpan.FromSeconds(12);

    readonly SnapshotReader _reader = new(checkout);

    /// <param name="patience">How long to wait for quiet. What is unfinished then is a finding.</param>
    /// <param name="onWait">Told how much is going on.</param>
    public async Task<AuditResult> Run(TimeSpan patience, Action<long> onWait, CancellationToken cancellation)
    {
        var isQuiet = await WaitForQuiet(patience, onWait, cancellation);
        var settling = Stopwatch.StartNew();
        var result = await Check(isQuiet, cancellation);
        while (!result.Ok && isQuiet && settling.Elapsed < _settlingTime)
        {
            await Task.Delay(_pollInterval, cancellation);
            result = await Check(isQuiet, cancellation);
        }

        return result;
    }

    async Task<AuditResult> Check(bool isQuiet, CancellationToken cancellation)
    {
        var snapshot = await _reader.Read(cancellation);
        var results = Invariant.All
            .Select(invariant => new InvariantResult(invariant.Name, invariant.Promise, [.. invariant.Check(snapshot)]))
            .ToArray();
        return new(
            results.All(result => result.Violations is []),
            isQuiet,
            snapshot.Orders.Count,
            snapshot.Charges.Sum(charges => charges.Count()),
            results);
    }

    // Twice in a row, because between an outbox and a queue a message is in neither for a moment.
    async Task<bool> WaitForQuiet(TimeSpan patience, Action<long> onWait, CancellationToken cancellation)
    {
        var waited = Stopwatch.StartNew();
        var quietInARow = 0;
        while (true)
        {
            var unfinished = await _reader.Unfinished(cancellation);
            quietInARow = unfinished == 0 ? quietInARow + 1 : 0;
            if (quietInARow == 2)
            {
                return true;
            }

            if (waited.Elapsed > patience)
            {
                return false;
            }

            if (unfinished > 0)
            {
                onWait(unfinished);
            }

            await Task.Delay(_pollInterval, cancellation);
        }
    }
}

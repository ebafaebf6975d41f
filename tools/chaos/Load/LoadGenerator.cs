using System.Collections.Concurrent;
using System.Diagnostics;
using HdrHistogram;

namespace Shop.Chaos.Load;

/// <summary>
/// Places orders. With a rate, the time of a request counts from the moment it was due, not from the moment it was sent. So a slow shop
/// cannot hide behind a slow client (coordinated omission).
/// </summary>
sealed class LoadGenerator(LoadOptions options, IOrderTaker taker)
{
    const long HighestMicroseconds = 300_000_000;

    readonly LongHistogram _acceptance = new(HighestMicroseconds, 3);
    int _sent;

    public ConcurrentBag<Guid> Accepted { get; } = [];

    /// <summary>Answers that were not 202, and errors, with how often each came.</summary>
    public ConcurrentDictionary<string, int> Refused { get; } = new();

    public int Sent => _sent;

    /// <summary>Microseconds from the request to its 202.</summary>
    public LongHistogram Acceptance => _acceptance;

    public Task Run(CancellationToken cancellation) => options.Rate is { } rate ? OpenLoop(rate, cancellation) : ClosedLoop(cancellation);

    async Task ClosedLoop(CancellationToken cancellation)
    {
        var clock = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, options.Concurrency).Select(async _ =>
        {
            while (clock.Elapsed.TotalSeconds < options.Seconds)
            {
                await Place(Stopwatch.GetTimestamp(), cancellation);
            }
        }));
    }

    async Task OpenLoop(double rate, CancellationToken cancellation)
    {
        var start = Stopwatch.GetTimestamp();
        var pending = new List<Task>();
        for (var number = 0; number < rate * options.Seconds; number++)
        {
            var due = start + (long)(number / rate * Stopwatch.Frequency);
            if (Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), due) is { Ticks: > 0 } wait)
            {
                await Task.Delay(wait, cancellation);
            }

            pending.Add(Place(due, cancellation));
        }

        await Task.WhenAll(pending);
    }

    async Task Place(long due, CancellationToken cancellation)
    {
        var placed = await taker.Place(Interlocked.Increment(ref _sent), cancellation);
        if (placed.OrderId is not { } orderId)
        {
            Refused.AddOrUpdate(placed.Refusal, 1, (_, count) => count + 1);
            return;
        }

        Accepted.Add(orderId);
        var microseconds = (long)Stopwatch.GetElapsedTime(due).TotalMicroseconds;
        lock (_acceptance)
        {
            // A timer may be a little early.
            _acceptance.RecordValue(Math.Clamp(microseconds, 0, HighestMicroseconds));
        }
    }
}

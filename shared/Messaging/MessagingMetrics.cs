using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Hosting;

namespace Shop.Messaging;

/// <summary>The metrics of the messaging core, under the meter name <see cref="MeterName"/>.</summary>
public sealed class MessagingMetrics : IHostedService, IDisposable
{
    public const string MeterName = "Shop.Messaging";

    static readonly TimeSpan _putOffForgotten = TimeSpan.FromSeconds(15);

    readonly Meter _meter = new(MeterName);
    readonly IReadOnlyList<string> _endpoints;
    readonly Histogram<int> _batchSize;
    readonly Counter<long> _duplicates;
    readonly Counter<long> _unexplained;
    readonly Counter<long> _published;
    readonly Counter<long> _publishFailures;
    readonly Counter<long> _refusedByOthers;
    readonly Counter<long> _deadLetters;
    readonly Counter<long> _reusedIds;
    readonly Counter<long> _putOff;
    readonly ConcurrentDictionary<string, (TimeSpan Age, long At)> _putOffAges = new();
    readonly ConcurrentDictionary<string, Func<TimeSpan>> _stalls = new();

    /// <param name="endpoints">Those of the service.</param>
    internal MessagingMetrics(IReadOnlyList<string> endpoints)
    {
        _endpoints = endpoints;
        _batchSize = _meter.CreateHistogram(
            "shop.messaging.batch.size",
            "{work}",
            "Work sharing one transaction",
            advice: new InstrumentAdvice<int> { HistogramBucketBoundaries = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512] });
        _duplicates = _meter.CreateCounter<long>("shop.messaging.duplicates", "{message}", "Messages dropped by the inbox");
        _unexplained = _meter.CreateCounter<long>(
            "shop.messaging.duplicates.unexplained", "{message}", "Messages dropped by the inbox although nothing shows a second delivery");
        _published = _meter.CreateCounter<long>("shop.messaging.published", "{message}", "Messages confirmed by the broker");
        _publishFailures = _meter.CreateCounter<long>(
            "shop.messaging.publish.failures", "{message}", "Messages returned or not confirmed by the broker");
        _refusedByOthers = _meter.CreateCounter<long>(
            "shop.messaging.refused_by_others", "{message}", "Messages that a queue of no service refused; the services have them");
        _deadLetters = _meter.CreateCounter<long>("shop.messaging.dead_letters", "{message}", "Messages that became dead letters");
        _reusedIds = _meter.CreateCounter<long>(
            "shop.messaging.reused_ids", "{message}", "Messages with the id of another message, kept as dead letters");
        _putOff = _meter.CreateCounter<long>(
            "shop.messaging.put_off", "{message}", "Messages postponed because a row or the database was not available");
        _meter.CreateObservableGauge(
            "shop.messaging.put_off.age", PutOffAges, "s", "How long a message has been postponed repeatedly");
        _meter.CreateObservableGauge(
            "shop.messaging.lane.stalled",
            () => _stalls.Select(lane => new Measurement<double>(lane.Value().TotalSeconds, Of(lane.Key))),
            "s",
            "For how long a lane has been at the same batch");
    }

    /// <summary>Begins every counter at 0, because Prometheus does not see the step from nothing to 1 as an increase.</summary>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        Published(0, 0, 0);
        _publishFailures.Add(0);
        _refusedByOthers.Add(0);
        foreach (var endpoint in _endpoints)
        {
            _duplicates.Add(0, Of(endpoint));
            _unexplained.Add(0, Of(endpoint));
            _deadLetters.Add(0, Of(endpoint));
            _reusedIds.Add(0, Of(endpoint));
            _putOff.Add(0, Of(endpoint));
        }

        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _meter.Dispose();

    internal void Committed(string endpoint, int works, int duplicates, int unexplained)
    {
        _batchSize.Record(works, Of(endpoint));
        if (duplicates > 0)
        {
            _duplicates.Add(duplicates, Of(endpoint));
        }

        if (unexplained > 0)
        {
            _unexplained.Add(unexplained, Of(endpoint));
        }
    }

    internal void Published(int confirmed, int failed, int refusedByOthers)
    {
        _published.Add(confirmed);
        if (refusedByOthers > 0)
        {
            _refusedByOthers.Add(refusedByOthers);
        }

        if (failed > 0)
        {
            _publishFailures.Add(failed);
        }
    }

    internal void DeadLettered(string endpoint, bool idIsReused)
    {
        _deadLetters.Add(1, Of(endpoint));
        if (idIsReused)
        {
            _reusedIds.Add(1, Of(endpoint));
        }
    }

    internal void PutOff(string endpoint, TimeSpan age)
    {
        _putOff.Add(1, Of(endpoint));
        _putOffAges.AddOrUpdate(
            endpoint,
            _ => (age, Stopwatch.GetTimestamp()),
            (_, known) =>
                age >= known.Age || Stopwatch.GetElapsedTime(known.At) > _putOffForgotten ? (age, Stopwatch.GetTimestamp()) : known);
    }

    internal void ObserveStall(string lane, Func<TimeSpan> stalled) => _stalls[lane] = stalled;

    /// <param name="messages">Of this replica only, so those of all replicas may be added.</param>
    internal void ObserveBacklog(Func<long> messages) => _meter.CreateObservableUpDownCounter(
        "shop.outbox.backlog", messages, "{message}", "Messages due and not yet published");

    // A message that is still held up is postponed again within the longest pause.
    IEnumerable<Measurement<double>> PutOffAges() => _endpoints.Select(endpoint => new Measurement<double>(
        _putOffAges.TryGetValue(endpoint, out var known)
            && Stopwatch.GetElapsedTime(known.At) < _putOffForgotten ? known.Age.TotalSeconds : 0,
        Of(endpoint)));

    static KeyValuePair<string, object?> Of(string endpoint) => new("shop.endpoint", endpoint);
}

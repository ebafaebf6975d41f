using System.Diagnostics.Metrics;
using Microsoft.Extensions.Hosting;

namespace Shop.Messaging;

/// <summary>What the messaging core tells about itself, under the meter name <see cref="MeterName"/>.</summary>
public sealed class MessagingMetrics : IHostedService, IDisposable
{
    public const string MeterName = "Shop.Messaging";

    readonly Meter _meter = new(MeterName);
    readonly IReadOnlyList<string> _endpoints;
    readonly Histogram<int> _batchSize;
    readonly Counter<long> _duplicates;
    readonly Counter<long> _published;
    readonly Counter<long> _publishFailures;
    readonly Counter<long> _deadLetters;
    readonly Counter<long> _reusedIds;

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
        _published = _meter.CreateCounter<long>("shop.messaging.published", "{message}", "Messages confirmed by the broker");
        _publishFailures = _meter.CreateCounter<long>(
            "shop.messaging.publish.failures", "{message}", "Messages returned or not confirmed by the broker");
        _deadLetters = _meter.CreateCounter<long>("shop.messaging.dead_letters", "{message}", "Messages put aside");
        _reusedIds = _meter.CreateCounter<long>(
            "shop.messaging.reused_ids", "{message}", "Messages put aside because another one had their id");
    }

    /// <summary>Begins every counter at 0: the step from nothing to 1 is no increase to whoever reads them.</summary>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        Published(0, 0);
        _publishFailures.Add(0);
        foreach (var endpoint in _endpoints)
        {
            _duplicates.Add(0, Of(endpoint));
            _deadLetters.Add(0, Of(endpoint));
            _reusedIds.Add(0, Of(endpoint));
        }

        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _meter.Dispose();

    internal void Committed(string endpoint, int works, int duplicates)
    {
        _batchSize.Record(works, Of(endpoint));
        if (duplicates > 0)
        {
            _duplicates.Add(duplicates, Of(endpoint));
        }
    }

    internal void Published(int confirmed, int failed)
    {
        _published.Add(confirmed);
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

    /// <param name="messages">Of this replica only, so those of all replicas may be added.</param>
    internal void ObserveBacklog(Func<long> messages) => _meter.CreateObservableUpDownCounter(
        "shop.outbox.backlog", messages, "{message}", "Messages due and not yet published");

    static KeyValuePair<string, object?> Of(string endpoint) => new("shop.endpoint", endpoint);
}

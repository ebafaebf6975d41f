using System.Diagnostics.Metrics;

namespace Shop.Messaging;

/// <summary>What the messaging core tells about itself, under the meter name <see cref="MeterName"/>.</summary>
public sealed class MessagingMetrics : IDisposable
{
    public const string MeterName = "Shop.Messaging";

    readonly Meter _meter = new(MeterName);
    readonly Histogram<int> _batchSize;
    readonly Counter<long> _duplicates;
    readonly Counter<long> _published;
    readonly Counter<long> _publishFailures;
    readonly Counter<long> _deadLetters;

    public MessagingMetrics()
    {
        _batchSize = _meter.CreateHistogram<int>("shop.messaging.batch.size", "{work}", "Work sharing one transaction");
        _duplicates = _meter.CreateCounter<long>("shop.messaging.duplicates", "{message}", "Messages dropped by the inbox");
        _published = _meter.CreateCounter<long>("shop.messaging.published", "{message}", "Messages confirmed by the broker");
        _publishFailures = _meter.CreateCounter<long>(
            "shop.messaging.publish.failures", "{message}", "Messages returned or not confirmed by the broker");
        _deadLetters = _meter.CreateCounter<long>("shop.messaging.dead_letters", "{message}", "Messages put aside");
    }

    public void Dispose() => _meter.Dispose();

    internal void Committed(string endpoint, int works, int duplicates)
    {
        var tag = new KeyValuePair<string, object?>("endpoint", endpoint);
        _batchSize.Record(works, tag);
        if (duplicates > 0)
        {
            _duplicates.Add(duplicates, tag);
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

    internal void DeadLettered(string endpoint) => _deadLetters.Add(1, new KeyValuePair<string, object?>("endpoint", endpoint));

    internal void ObserveBacklog(Func<long> rows) =>
        _meter.CreateObservableGauge("shop.outbox.rows", rows, "{row}", "Outbox rows due and not yet published");
}

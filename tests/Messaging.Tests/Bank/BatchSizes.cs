using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace Shop.Messaging.Tests.Bank;

/// <summary>How many messages or writes shared each transaction of one lane, in the order of the commits.</summary>
public sealed class BatchSizes : IDisposable
{
    /// <summary>The lane of <see cref="GroupCommit{TDb}"/>.</summary>
    public const string Writes = "writes";

    readonly ConcurrentQueue<int> _sizes = new();
    readonly MeterListener _listener = new();

    public BatchSizes(string lane)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument is { Meter.Name: MessagingMetrics.MeterName, Name: "shop.messaging.batch.size" })
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<int>((_, size, tags, _) =>
        {
            if (tags[0].Value is string endpoint && endpoint == lane)
            {
                _sizes.Enqueue(size);
            }
        });
        _listener.Start();
    }

    public IReadOnlyCollection<int> Sizes => _sizes;

    public void Dispose() => _listener.Dispose();
}

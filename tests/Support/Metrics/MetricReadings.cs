using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;

namespace Shop.Support.Metrics;

/// <summary>Listens to a meter from now on, as an exporter would.</summary>
public sealed class MetricReadings : IDisposable
{
    readonly ConcurrentQueue<Reading> _readings = new();
    readonly MeterListener _listener = new();

    public MetricReadings(string meter)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == meter)
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Keep(instrument, value, tags));
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Keep(instrument, value, tags));
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Keep(instrument, value, tags));
        _listener.Start();
    }

    /// <summary>What was recorded: the values of one instrument with this value of any attribute, in the order of their coming.</summary>
    public double[] Of(string instrument, params string[] attributes) =>
        [.. _readings.Where(reading => reading.Instrument == instrument && attributes.All(reading.Attributes.Contains))
            .Select(reading => reading.Value)];

    /// <summary>What an observable instrument says now.</summary>
    public double Now(string instrument, params string[] attributes)
    {
        _listener.RecordObservableInstruments();
        return Of(instrument, attributes)[^1];
    }

    public void Dispose() => _listener.Dispose();

    void Keep(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var attributes = new List<string>();
        foreach (var tag in tags)
        {
            attributes.Add(Convert.ToString(tag.Value, CultureInfo.InvariantCulture)!);
        }

        _readings.Enqueue(new(instrument.Name, value, attributes));
    }

    sealed record Reading(string Instrument, double Value, IReadOnlyList<string> Attributes);
}

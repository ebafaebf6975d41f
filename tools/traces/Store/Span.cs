using System.Collections.Immutable;
using Shop.Traces.Receiving;

namespace Shop.Traces.Store;

/// <summary>One timed piece of work of one process, as OpenTelemetry tells it.</summary>
sealed record Span
{
    public required UInt128 TraceId { get; init; }

    public required ulong SpanId { get; init; }

    /// <summary>0 for the first of its trace.</summary>
    public ulong ParentId { get; init; }

    public string Name { get; init; } = "";

    public SpanKind Kind { get; init; }

    /// <summary>Nanoseconds since 1970, in UTC.</summary>
    public long Start { get; init; }

    /// <summary>Nanoseconds since 1970, in UTC.</summary>
    public long End { get; init; }

    public bool IsError { get; init; }

    public string StatusMessage { get; init; } = "";

    public ImmutableArray<Attribute> Attributes { get; init; } = [];

    public ImmutableArray<SpanEvent> Events { get; init; } = [];

    public ImmutableArray<SpanLink> Links { get; init; } = [];

    /// <summary>The process it happened in.</summary>
    public Resource Resource { get; init; } = Resource.Unknown;

    /// <summary>The library that recorded it.</summary>
    public string Scope { get; init; } = "";

    /// <summary>About what it costs to keep, its resource aside.</summary>
    public long Bytes => field > 0 ? field : field =
        300 + SharedTexts.CostOf(Name) + SharedTexts.CostOf(StatusMessage) + Attribute.Bytes(Attributes)
        + Events.Sum(one => 100 + SharedTexts.CostOf(one.Name) + Attribute.Bytes(one.Attributes))
        + Links.Sum(one => 250 + Attribute.Bytes(one.Attributes));
}

/// <summary>Numbered as OTLP does.</summary>
enum SpanKind
{
    Unspecified,
    Internal,
    Server,
    Client,
    Producer,
    Consumer,
}

/// <param name="Value">A string, long, double or bool.</param>
readonly record struct Attribute(string Key, object Value)
{
    public static long Bytes(ImmutableArray<Attribute> attributes)
    {
        var bytes = 0L;
        foreach (var attribute in attributes)
        {
            bytes += 16 + SharedTexts.CostOf(attribute.Key) + (attribute.Value is string text ? SharedTexts.CostOf(text) : 24);
        }

        return bytes;
    }
}

/// <param name="Time">Nanoseconds since 1970, in UTC.</param>
sealed record SpanEvent(long Time, string Name, ImmutableArray<Attribute> Attributes);

sealed record SpanLink(UInt128 TraceId, ulong SpanId, ImmutableArray<Attribute> Attributes);

sealed record Resource(string Service, ImmutableArray<Attribute> Attributes)
{
    public static Resource Unknown { get; } = new("unknown_service", []);

    /// <summary>About what it costs to keep.</summary>
    public long Bytes => 100 + SharedTexts.CostOf(Service) + Attribute.Bytes(Attributes);
}

using Shop.Traces.Receiving;

namespace Shop.Traces.Store;

/// <summary>One timed piece of work of one process, as OpenTelemetry tells it.</summary>
sealed record Span
{
    /// <summary>32 hexadecimal digits.</summary>
    public required string TraceId { get; init; }

    /// <summary>16 hexadecimal digits.</summary>
    public required string SpanId { get; init; }

    /// <summary>Empty for the first of its trace.</summary>
    public string ParentId { get; init; } = "";

    public string Name { get; init; } = "";

    public SpanKind Kind { get; init; }

    /// <summary>Nanoseconds since 1970, in UTC.</summary>
    public long Start { get; init; }

    /// <summary>Nanoseconds since 1970, in UTC.</summary>
    public long End { get; init; }

    public bool IsError { get; init; }

    public string StatusMessage { get; init; } = "";

    public IReadOnlyList<Attribute> Attributes { get; init; } = [];

    public IReadOnlyList<SpanEvent> Events { get; init; } = [];

    public IReadOnlyList<SpanLink> Links { get; init; } = [];

    /// <summary>The process it happened in.</summary>
    public Resource Resource { get; init; } = Resource.Unknown;

    /// <summary>The library that told of it.</summary>
    public string Scope { get; init; } = "";

    /// <summary>About what it costs to keep, its resource aside.</summary>
    public long Bytes => field > 0 ? field : field =
        500 + SharedTexts.CostOf(Name) + SharedTexts.CostOf(StatusMessage) + Attribute.Bytes(Attributes)
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
    // Twice the entry: the lists of events grow ahead of what is in them.
    public static long Bytes(IReadOnlyList<Attribute> attributes) => attributes.Sum(attribute =>
        32 + SharedTexts.CostOf(attribute.Key) + (attribute.Value is string text ? SharedTexts.CostOf(text) : 24));
}

/// <param name="Time">Nanoseconds since 1970, in UTC.</param>
sealed record SpanEvent(long Time, string Name, IReadOnlyList<Attribute> Attributes);

sealed record SpanLink(string TraceId, string SpanId, IReadOnlyList<Attribute> Attributes);

sealed record Resource(string Service, IReadOnlyList<Attribute> Attributes)
{
    public static Resource Unknown { get; } = new("unknown_service", []);

    /// <summary>About what it costs to keep.</summary>
    public long Bytes => 100 + SharedTexts.CostOf(Service) + Attribute.Bytes(Attributes);
}

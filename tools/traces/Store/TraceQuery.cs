using System.Globalization;

namespace Shop.Traces.Store;

/// <summary>What traces are looked for. Service, operation and tags must be met by one and the same span.</summary>
sealed record TraceQuery
{
    public string? Service { get; init; }

    public string? Operation { get; init; }

    public IReadOnlyDictionary<string, string> Tags { get; init; } = new Dictionary<string, string>();

    /// <summary>Nanoseconds since 1970: the trace began then or later.</summary>
    public long From { get; init; }

    /// <summary>Nanoseconds since 1970: the trace began then or earlier.</summary>
    public long To { get; init; } = long.MaxValue;

    /// <summary>Nanoseconds.</summary>
    public long DurationMin { get; init; }

    /// <summary>Nanoseconds.</summary>
    public long DurationMax { get; init; } = long.MaxValue;

    /// <summary>Those that changed an order before those that only looked at something.</summary>
    public bool OrdersFirst { get; init; }

    public int Limit { get; init; } = 20;

    public bool Matches(Trace trace) =>
        trace.Start >= From && trace.Start <= To
        && trace.End - trace.Start >= DurationMin && trace.End - trace.Start <= DurationMax
        && trace.Spans.Any(Matches);

    bool Matches(Span span) =>
        (Service is null || span.Resource.Service == Service)
        && (Operation is null || span.Name == Operation)
        && Tags.All(tag => Has(span, tag.Key, tag.Value));

    static bool Has(Span span, string key, string value) =>
        (key == "error" && span.IsError && value == "true")
        || span.Attributes.Any(attribute => attribute.Key == key && TextOf(attribute.Value) == value)
        || span.Resource.Attributes.Any(attribute => attribute.Key == key && TextOf(attribute.Value) == value);

    static string TextOf(object value) =>
        value is bool yes ? (yes ? "true" : "false") : Convert.ToString(value, CultureInfo.InvariantCulture)!;
}

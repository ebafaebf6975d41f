using System.Globalization;
using System.Text.Json.Serialization;
using Shop.Traces.Store;
using Attribute = Shop.Traces.Store.Attribute;

namespace Shop.Traces.Query;

/// <summary>A trace in the JSON of Jaeger's query API. Times are in microseconds since 1970.</summary>
sealed record JaegerTrace(
    [property: JsonPropertyName("traceID")] string TraceId,
    IReadOnlyList<JaegerSpan> Spans,
    IReadOnlyDictionary<string, JaegerProcess> Processes)
{
    public static JaegerTrace Of(IReadOnlyList<Span> spans)
    {
        var resources = spans.Select(span => span.Resource).Distinct().ToArray();
        var names = resources.Index().ToDictionary(resource => resource.Item, resource => $"p{resource.Index + 1}");
        return new(
            Hex(spans[0].TraceId),
            [.. spans.Select(span => JaegerSpan.Of(span, names[span.Resource]))],
            names.ToDictionary(
                name => name.Value,
                name => new JaegerProcess(
                    name.Key.Service, [.. name.Key.Attributes.Where(attribute => attribute.Key != "service.name").Select(JaegerTag.Of)])));
    }

    public static string Hex(UInt128 traceId) => traceId.ToString("x32", CultureInfo.InvariantCulture);

    public static string Hex(ulong spanId) => spanId.ToString("x16", CultureInfo.InvariantCulture);
}

sealed record JaegerSpan(
    [property: JsonPropertyName("traceID")] string TraceId,
    [property: JsonPropertyName("spanID")] string SpanId,
    string OperationName,
    IReadOnlyList<JaegerReference> References,
    long StartTime,
    long Duration,
    IReadOnlyList<JaegerTag> Tags,
    IReadOnlyList<JaegerLog> Logs,
    [property: JsonPropertyName("processID")] string ProcessId)
{
    public static JaegerSpan Of(Span span, string process) => new(
        JaegerTrace.Hex(span.TraceId),
        JaegerTrace.Hex(span.SpanId),
        span.Name,
        [
            .. span.ParentId == 0 ? [] : new[] { JaegerReference.Of("CHILD_OF", span.TraceId, span.ParentId) },
            .. span.Links.Select(link => JaegerReference.Of("FOLLOWS_FROM", link.TraceId, link.SpanId)),
        ],
        span.Start / 1_000,
        (span.End - span.Start) / 1_000,
        [.. span.Attributes.Select(JaegerTag.Of), .. OfItself(span)],
        [.. span.Events.Select(one => new JaegerLog(
            one.Time / 1_000,
            [JaegerTag.Of(new("event", one.Name)), .. one.Attributes.Select(JaegerTag.Of)]))],
        process);

    // What OpenTelemetry has a field for, and Jaeger a tag.
    static IEnumerable<JaegerTag> OfItself(Span span)
    {
        if (span.Kind != SpanKind.Unspecified)
        {
            yield return JaegerTag.Of(new("span.kind", span.Kind.ToString().ToLowerInvariant()));
        }

        if (span.IsError)
        {
            yield return JaegerTag.Of(new("otel.status_code", "ERROR"));
            yield return JaegerTag.Of(new("error", true));
        }

        if (span.StatusMessage is not "")
        {
            yield return JaegerTag.Of(new("otel.status_description", span.StatusMessage));
        }

        if (span.Scope is not "")
        {
            yield return JaegerTag.Of(new("otel.scope.name", span.Scope));
        }
    }
}

sealed record JaegerReference(
    string RefType, [property: JsonPropertyName("traceID")] string TraceId, [property: JsonPropertyName("spanID")] string SpanId)
{
    public static JaegerReference Of(string type, UInt128 traceId, ulong spanId) =>
        new(type, JaegerTrace.Hex(traceId), JaegerTrace.Hex(spanId));
}

sealed record JaegerTag(string Key, string Type, object Value)
{
    public static JaegerTag Of(Attribute attribute) => new(
        attribute.Key,
        attribute.Value switch
        {
            long => "int64",
            double => "float64",
            bool => "bool",
            _ => "string",
        },
        // JSON has no such numbers.
        attribute.Value is double number && !double.IsFinite(number) ? $"{number}" : attribute.Value);
}

sealed record JaegerLog(long Timestamp, IReadOnlyList<JaegerTag> Fields);

sealed record JaegerProcess(string ServiceName, IReadOnlyList<JaegerTag> Tags);

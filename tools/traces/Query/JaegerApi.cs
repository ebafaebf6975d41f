using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http.HttpResults;
using Shop.Traces.Shape;
using Shop.Traces.Store;

namespace Shop.Traces.Query;

/// <summary>The part of Jaeger's query API that a reader of traces needs, with its paths, parameters and JSON.</summary>
static class JaegerApi
{
    const int LimitMax = 1_000;

    public static void MapJaegerApi(this WebApplication app)
    {
        var api = app.MapGroup("/api");
        api.MapGet("/services", (TraceStore store) =>
            Found(store.Operations().Select(service => service.Key).Order(StringComparer.Ordinal)));
        api.MapGet("/services/{service}/operations", (string service, TraceStore store) =>
            Found(store.Operations()[service].Select(operation => operation.Operation).Distinct().Order(StringComparer.Ordinal)));
        api.MapGet("/traces/{id}", (string id, TraceStore store) =>
            Find(store, id) is { Count: > 0 } spans
                ? Found<JaegerTrace>([JaegerTrace.Of(spans)])
                : Failed(StatusCodes.Status404NotFound, "trace not found"));
        // This route is not Jaeger's. It gives the page the same rows, order and gaps as ./shop trace.
        api.MapGet("/traces/{id}/rows", (string id, TraceStore store) =>
            Find(store, id) is { Count: > 0 } spans ? Found(RowsOf(spans)) : Failed(StatusCodes.Status404NotFound, "trace not found"));
        api.MapGet("/traces", Search);
        api.MapGet("/state", (TraceStore store) => TypedResults.Ok(store.State));
    }

    static IReadOnlyList<Span> Find(TraceStore store, string id) =>
        UInt128.TryParse(id, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var trace) ? store.Find(trace) : [];

    static IReadOnlyList<TraceRow> RowsOf(IReadOnlyList<Span> spans) => TraceRows.Of(spans.Select(span => new TracePart(
        JaegerTrace.Hex(span.SpanId),
        span.ParentId == 0 ? null : JaegerTrace.Hex(span.ParentId),
        // Jaeger's times are microseconds.
        span.Start / 1_000,
        (span.Start / 1_000) + ((span.End - span.Start) / 1_000),
        span.Attributes.Any(attribute => attribute.Key == "shop.wait"),
        span.Kind == SpanKind.Producer)));

    static JsonHttpResult<JaegerAnswer> Search(HttpRequest request, TraceStore store, TimeProvider clock)
    {
        try
        {
            return Found(store.Search(Read(request.Query, clock.GetUtcNow())).Select(JaegerTrace.Of));
        }
        catch (FormatException error)
        {
            return Failed(StatusCodes.Status400BadRequest, error.Message);
        }
    }

    static TraceQuery Read(IQueryCollection query, DateTimeOffset now)
    {
        var to = Number(query, "end") * 1_000 ?? long.MaxValue;
        var from = Number(query, "start") * 1_000
            ?? (Text(query, "lookback") is { } lookback
                ? (now.ToUnixTimeMilliseconds() * 1_000_000) - Duration(lookback, "lookback")
                : 0);
        return new()
        {
            Service = Text(query, "service"),
            Operation = Text(query, "operation") is { } operation && operation != "all" ? operation : null,
            Tags = Tags(query),
            From = from,
            To = to,
            DurationMin = Text(query, "minDuration") is { } least ? Duration(least, "minDuration") : 0,
            DurationMax = Text(query, "maxDuration") is { } most ? Duration(most, "maxDuration") : long.MaxValue,
            OrdersFirst = Text(query, "ordersFirst") == "true",
            Limit = (int)Math.Clamp(Number(query, "limit") ?? 20, 1, LimitMax),
        };
    }

    // Jaeger takes a JSON object, or key:value once for each tag.
    static Dictionary<string, string> Tags(IQueryCollection query)
    {
        var tags = new Dictionary<string, string>();
        if (Text(query, "tags") is { } json)
        {
            try
            {
                tags = JsonSerializer.Deserialize<Dictionary<string, string>>(json) ?? tags;
            }
            catch (JsonException)
            {
                throw new FormatException("tags must be a JSON object of texts, such as {\"shop.order.id\":\"…\"}.");
            }
        }

        foreach (var tag in query["tag"].OfType<string>())
        {
            var colon = tag.IndexOf(':', StringComparison.Ordinal);
            tags[colon > 0 ? tag[..colon] : throw new FormatException("tag must be key:value.")] = tag[(colon + 1)..];
        }

        return tags;
    }

    /// <summary>Reads a duration such as 150ms, 2.5s, 10m or 2h, in nanoseconds.</summary>
    static long Duration(string text, string name)
    {
        (string Unit, double Nanoseconds)[] units =
            [("ms", 1e6), ("us", 1e3), ("µs", 1e3), ("ns", 1), ("s", 1e9), ("m", 60e9), ("h", 3600e9), ("d", 86400e9)];
        var unit = units.FirstOrDefault(unit => text.EndsWith(unit.Unit, StringComparison.Ordinal));
        return unit.Unit is not null
            && double.TryParse(text[..^unit.Unit.Length], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
            && number * unit.Nanoseconds < long.MaxValue / 2
            ? (long)(number * unit.Nanoseconds)
            : throw new FormatException($"{name} must be a time such as 150ms, 2.5s, 10m or 2h, not \"{text}\".");
    }

    static long? Number(IQueryCollection query, string name) => Text(query, name) is not { } text ? null
        : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number < long.MaxValue / 1_000 ? number
        : throw new FormatException($"{name} must be a whole number, not \"{text}\".");

    static string? Text(IQueryCollection query, string name) => (string?)query[name] is { Length: > 0 } text ? text : null;

    static JsonHttpResult<JaegerAnswer> Found<T>(IEnumerable<T> data)
    {
        var all = data.ToArray();
        return TypedResults.Json(new JaegerAnswer(all, all.Length, null));
    }

    static JsonHttpResult<JaegerAnswer> Failed(int status, string message) =>
        TypedResults.Json(new JaegerAnswer(null, 0, [new(status, message)]), statusCode: status);

    sealed record JaegerAnswer(object? Data, int Total, IReadOnlyList<JaegerError>? Errors, int Limit = 0, int Offset = 0);

    sealed record JaegerError(int Code, string Msg);
}

using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Shop.Cli.Traces;

/// <summary>Jaeger's query API, as the local trace viewer and Jaeger itself have it.</summary>
sealed class TraceApi(Uri viewer)
{
    public const string OrderTag = "shop.order.id";
    const string FirstMessage = "publish Inventory:ReserveStock";
    static readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(10) };
    static readonly TimeSpan _patience = TimeSpan.FromSeconds(5);
    static readonly TimeSpan _pollInterval = TimeSpan.FromMilliseconds(250);

    /// <summary>Where a person sees the trace.</summary>
    public Uri PageOf(Trace trace) => new(viewer, $"/trace/{trace.TraceId}");

    /// <summary>The trace in which an order was placed, once it stops growing.</summary>
    /// <exception cref="UserError">It is not there.</exception>
    public async Task<Trace> OfOrder(Guid orderId, CancellationToken cancellation)
    {
        var tags = Uri.EscapeDataString(JsonSerializer.Serialize(new Dictionary<string, string> { [OrderTag] = $"{orderId}" }));
        var (found, last) = (default(Trace), -1);
        for (var waited = TimeSpan.Zero; waited < _patience; waited += _pollInterval)
        {
            // Looking at an order is a trace too, once for each look.
            var traces = await Ask($"/api/traces?service=ordering&operation={Uri.EscapeDataString(FirstMessage)}&tags={tags}&lookback=2d", cancellation);
            found = traces.FirstOrDefault(trace => trace.Spans.Any(span => span.IsOf(orderId)));
            if (found is not null && found.Spans.Count == last)
            {
                return found;
            }

            last = found?.Spans.Count ?? -1;
            await Task.Delay(last < 0 ? _pollInterval : _pollInterval * 5, cancellation);
        }

        return found ?? throw new UserError(
            $"There is no trace of order {orderId}. Traces are kept in memory: older ones are dropped, and none survives ./shop down.");
    }

    async Task<IReadOnlyList<Trace>> Ask(string path, CancellationToken cancellation)
    {
        try
        {
            var answer = await _http.GetFromJsonAsync<Answer>(new Uri(viewer, path), JsonSerializerOptions.Web, cancellation);
            return answer!.Data;
        }
        catch (HttpRequestException error)
        {
            throw new UserError($"No trace viewer answers at {viewer} ({error.Message}). ./shop up starts one.");
        }
    }

    sealed record Answer(IReadOnlyList<Trace> Data);
}

/// <summary>A trace as the API gives it.</summary>
sealed record Trace(
    [property: JsonPropertyName("traceID")] string TraceId, IReadOnlyList<Span> Spans, IReadOnlyDictionary<string, Process> Processes);

/// <param name="StartTime">Microseconds since 1970.</param>
/// <param name="Duration">Microseconds.</param>
sealed record Span(
    [property: JsonPropertyName("spanID")] string SpanId,
    string OperationName,
    IReadOnlyList<Reference> References,
    long StartTime,
    long Duration,
    IReadOnlyList<Tag> Tags,
    [property: JsonPropertyName("processID")] string ProcessId)
{
    [JsonIgnore]
    public long End => StartTime + Duration;

    [JsonIgnore]
    public string? Parent => References.FirstOrDefault(reference => reference.RefType == "CHILD_OF")?.SpanId;

    [JsonIgnore]
    public string? Kind => TextOf("span.kind");

    /// <summary>What it waited for, if it did nothing else.</summary>
    [JsonIgnore]
    public string? Wait => TextOf("shop.wait");

    [JsonIgnore]
    public bool IsError => TextOf("error") == "true";

    public bool IsOf(Guid order) => TextOf(TraceApi.OrderTag) == $"{order}";

    string? TextOf(string key) => Tags.FirstOrDefault(tag => tag.Key == key)?.Value.ToString().ToLowerInvariant();
}

sealed record Reference(string RefType, [property: JsonPropertyName("spanID")] string SpanId);

sealed record Tag(string Key, JsonElement Value);

sealed record Process(string ServiceName);

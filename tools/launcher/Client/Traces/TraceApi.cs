using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Shop.Launcher.Client.Traces;

/// <summary>Jaeger's query API, as the local trace viewer and Jaeger itself have it.</summary>
public sealed class TraceApi(Uri viewer)
{
    public const string OrderTag = "shop.order.id";
    const string FirstMessage = "publish Inventory:ReserveStock";

    // The root span of an order that sampling passed over.
    const string Kept = "kept order";
    static readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(10) };
    static readonly TimeSpan _timeLimit = TimeSpan.FromSeconds(5);
    static readonly TimeSpan _pollInterval = TimeSpan.FromMilliseconds(250);

    /// <summary>Where a person sees the trace.</summary>
    public Uri PageOf(Trace trace) => new(viewer, $"/trace/{trace.TraceId}");

    /// <summary>The trace in which an order was placed, once it stops growing.</summary>
    /// <param name="orderId">Null for the latest order there is.</param>
    /// <exception cref="UserError">It is not there.</exception>
    public async Task<Trace> OfOrder(Guid? orderId, CancellationToken cancellation)
    {
        var (found, last) = (default(Trace), -1);
        for (var waited = TimeSpan.Zero; waited < _timeLimit; waited += _pollInterval)
        {
            // Each request for an order is a trace too. The order's own trace is the one with its first message.
            found = await Latest(FirstMessage, orderId, cancellation) ?? await Latest(Kept, orderId, cancellation);
            if (found is not null && found.Spans.Count == last)
            {
                return found;
            }

            last = found?.Spans.Count ?? -1;
            await Task.Delay(last < 0 ? _pollInterval : _pollInterval * 5, cancellation);
        }

        return found ?? throw new UserError(orderId is null
            ? "There is no trace of any order yet. Place one: ./shop order"
            : $"There is no trace of order {orderId}. Traces are kept in memory: older ones are dropped, and none survives ./shop down.");
    }

    /// <exception cref="UserError">It is not there.</exception>
    public async Task<Trace> Find(string traceId, CancellationToken cancellation) =>
        await Ask($"/api/traces/{traceId}", cancellation) is [var trace, ..] ? trace : throw new UserError($"There is no trace {traceId}.");

    /// <returns>The latest with this operation of ordering.</returns>
    async Task<Trace?> Latest(string operation, Guid? orderId, CancellationToken cancellation)
    {
        var path = $"/api/traces?service=ordering&operation={Uri.EscapeDataString(operation)}&lookback=2d";
        if (orderId is not null)
        {
            path += "&tags=" + Uri.EscapeDataString(JsonSerializer.Serialize(new Dictionary<string, string> { [OrderTag] = $"{orderId}" }));
        }

        // Some viewers ignore the tags of the query.
        return (await Ask(path, cancellation))
            .Where(trace => orderId is null || trace.Spans.Any(span => span.IsOf(orderId.Value)))
            .MaxBy(trace => trace.Spans.Min(span => span.StartTime));
    }

    async Task<IReadOnlyList<Trace>> Ask(string path, CancellationToken cancellation)
    {
        try
        {
            using var answer = await _http.GetAsync(new Uri(viewer, path), cancellation);
            // For a trace by its id, 404 means that there is none.
            return answer.StatusCode == HttpStatusCode.NotFound
                ? []
                : (await answer.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<Answer>(JsonSerializerOptions.Web, cancellation))
                    ?.Data ?? [];
        }
        catch (Exception error) when (
            error is HttpRequestException or JsonException
            || (error is TaskCanceledException && !cancellation.IsCancellationRequested))
        {
            throw new UserError(
                $"No trace viewer answers at {viewer} ({error.Message}). ./shop up starts one; where the traces go to a Jaeger of yours, "
                + "name its query address with --url or SHOP_TRACES, such as http://localhost:16686.");
        }
    }

    sealed record Answer(IReadOnlyList<Trace>? Data);
}

/// <summary>A trace as the API gives it.</summary>
public sealed record Trace(
    [property: JsonPropertyName("traceID")] string TraceId, IReadOnlyList<Span> Spans, IReadOnlyDictionary<string, Process> Processes);

/// <summary>A span as the API gives it.</summary>
/// <param name="StartTime">Microseconds since 1970.</param>
/// <param name="Duration">Microseconds.</param>
public sealed record Span(
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
    public string? Kind => Value("span.kind");

    /// <summary>What it did, in a few words. For a call, the path it went to.</summary>
    [JsonIgnore]
    public string Label =>
        Kind == "client" && Uri.TryCreate(Value("url.full"), UriKind.Absolute, out var to) ? $"{OperationName} {to.AbsolutePath}"
        : Value("shop.payment.attempt") is { } attempt ? $"{OperationName} {attempt}"
        : OperationName;

    /// <summary>Why it failed, as short as the span has it; empty if it did not.</summary>
    [JsonIgnore]
    public string Failure =>
        IsError ? Value("http.response.status_code") ?? Value("otel.status_description") ?? Value("error.type") ?? "failed" : "";

    /// <summary>What it waited for, if it did nothing else.</summary>
    [JsonIgnore]
    public string? Wait => Value("shop.wait");

    [JsonIgnore]
    public bool IsError => Value("error") is "true" or "True";

    string? Value(string key) => Tags.FirstOrDefault(tag => tag.Key == key)?.Value.ToString();

    public bool IsOf(Guid order) => Value(TraceApi.OrderTag) == $"{order}";
}

/// <summary>What a span follows from: its parent, or a link.</summary>
public sealed record Reference(string RefType, [property: JsonPropertyName("spanID")] string SpanId);

/// <summary>An attribute of a span.</summary>
public sealed record Tag(string Key, JsonElement Value);

/// <summary>The service a span comes from.</summary>
public sealed record Process(string ServiceName);

using System.Diagnostics;

namespace Shop.Hosting;

/// <summary>
/// Takes the trace id from a caller, and passes it on, but no baggage: callers could make every service and every message
/// carry what they like.
/// </summary>
sealed class TraceContextOnly : DistributedContextPropagator
{
    static readonly DistributedContextPropagator _w3c = CreateW3CPropagator();

    // A proxy removes these from what it forwards.
    public override IReadOnlyCollection<string> Fields { get; } =
        ["traceparent", "tracestate", "baggage", "Correlation-Context", "Request-Id"];

    public override void Inject(Activity? activity, object? carrier, PropagatorSetterCallback? setter) =>
        _w3c.Inject(activity, carrier, setter);

    public override void ExtractTraceIdAndState(
        object? carrier, PropagatorGetterCallback? getter, out string? traceId, out string? traceState) =>
        _w3c.ExtractTraceIdAndState(carrier, getter, out traceId, out traceState);

    public override IEnumerable<KeyValuePair<string, string?>>? ExtractBaggage(
        object? carrier, PropagatorGetterCallback? getter) => null;
}

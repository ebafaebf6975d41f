using System.Diagnostics;

namespace Shop.Hosting;

/// <summary>
/// Takes the trace id from a caller and passes it on by HTTP, but no baggage. Otherwise callers could add data to every message, and other
/// systems would get ours. Between the services, baggage travels with messages.
/// </summary>
sealed class TraceContextOnly : DistributedContextPropagator
{
    const string Baggage = "baggage";
    static readonly DistributedContextPropagator _w3c = CreateW3CPropagator();

    // A proxy removes these from what it forwards.
    public override IReadOnlyCollection<string> Fields { get; } =
        ["traceparent", "tracestate", Baggage, "Correlation-Context", "Request-Id"];

    public override void Inject(Activity? activity, object? carrier, PropagatorSetterCallback? setter) =>
        _w3c.Inject(activity, carrier, (target, name, value) =>
        {
            if (name != Baggage)
            {
                setter?.Invoke(target, name, value);
            }
        });

    public override void ExtractTraceIdAndState(
        object? carrier, PropagatorGetterCallback? getter, out string? traceId, out string? traceState) =>
        _w3c.ExtractTraceIdAndState(carrier, getter, out traceId, out traceState);

    public override IEnumerable<KeyValuePair<string, string?>>? ExtractBaggage(
        object? carrier, PropagatorGetterCallback? getter) => null;
}

using System.Diagnostics;

namespace Shop.Messaging;

/// <summary>A span that is recorded in a trace that is not sampled, because of what has turned out.</summary>
public static class KeptSpan
{
    /// <summary>
    /// Starts one and makes it the current span, so that all it causes is sampled. It has no parent, because no span above it was kept.
    /// </summary>
    /// <returns>Null if the current trace is sampled anyway, or nobody collects traces.</returns>
    public static Activity? Start(ActivitySource source, string name, DateTimeOffset? since = null)
    {
        if (Activity.Current is not { Recorded: false } unsampled)
        {
            return null;
        }

        // The context has the trace's id and no span.
        var trace = new ActivityContext(
            unsampled.TraceId, default, ActivityTraceFlags.Recorded, unsampled.TraceStateString, isRemote: true);
        if (source.CreateActivity(name, ActivityKind.Internal, trace) is not { IsAllDataRequested: true } span)
        {
            return null;
        }

        MessageTrace.CopyBaggage(unsampled, span);
        if (since is { } start)
        {
            span.SetStartTime(start.UtcDateTime);
        }

        // The current span would otherwise become the parent.
        Activity.Current = null;
        return span.Start();
    }
}

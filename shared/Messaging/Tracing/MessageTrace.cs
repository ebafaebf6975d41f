using System.Diagnostics;
using System.Globalization;
using MassTransit;

namespace Shop.Messaging;

/// <summary>
/// Keeps one trace going from whoever publishes to whoever receives: across the outbox, the broker, crashes and retries, whether it is
/// sampled or not. Headers are those of W3C Trace Context and Baggage, so that a receiver in any language can go on with it.
/// </summary>
static class MessageTrace
{
    public const string SourceName = "Shop.Messaging";
    public const string SentAtHeader = "shop-sent-at";

    /// <summary>What a span waits for, on spans that do nothing but wait.</summary>
    public const string WaitTag = "shop.wait";

    /// <summary>
    /// The message's type. The exchange does not show it for a message that goes straight to a queue, such as a deadline.
    /// </summary>
    public const string TypeTag = "shop.message.type";

    const string BaggageHeader = "baggage";
    static readonly string[] _headers = ["traceparent", "tracestate", BaggageHeader, SentAtHeader];
    static readonly DistributedContextPropagator _w3c = DistributedContextPropagator.CreateW3CPropagator();

    public static ActivitySource Source { get; } = new(SourceName);

    /// <summary>Makes the headers continue the current span, in place of the one they had.</summary>
    public static void Inject(IDictionary<string, string> headers) => Inject(Activity.Current, headers);

    public static void Inject(Activity? activity, IDictionary<string, string> headers)
    {
        foreach (var header in _headers)
        {
            headers.Remove(header);
        }

        _w3c.Inject(activity, headers, static (carrier, name, value) => ((IDictionary<string, string>)carrier!)[name] = value);
    }

    /// <summary>Where the headers come from; default if they do not say.</summary>
    public static ActivityContext ParentOf(IReadOnlyDictionary<string, string> headers)
    {
        _w3c.ExtractTraceIdAndState(headers, Get, out var trace, out var state);
        return ActivityContext.TryParse(trace, state, isRemote: true, out var parent) ? parent : default;
    }

    /// <summary>What a span hangs on; default for the first of its trace.</summary>
    public static ActivityContext ParentOf(Activity activity) => activity.ParentSpanId == default ? default
        : new(activity.TraceId, activity.ParentSpanId, activity.ActivityTraceFlags, activity.TraceStateString, isRemote: true);

    /// <summary>Starts a span in the trace of the headers, with their baggage. Null if nobody listens.</summary>
    public static Activity? Start(string name, ActivityKind kind, IReadOnlyDictionary<string, string> headers, DateTimeOffset? since = null)
    {
        var activity = Source.CreateActivity(name, kind, ParentOf(headers));
        if (activity is null)
        {
            return null;
        }

        foreach (var (key, value) in (_w3c.ExtractBaggage(headers, Get) ?? []).Reverse())
        {
            activity.AddBaggage(key, value);
        }

        if (since is { } start)
        {
            activity.SetStartTime(start.UtcDateTime);
        }

        return activity.Start();
    }

    /// <summary>Gives a span that is not started yet what another carries.</summary>
    public static void CopyBaggage(Activity from, Activity to)
    {
        foreach (var (key, value) in from.Baggage.Reverse())
        {
            to.AddBaggage(key, value);
        }
    }

    /// <summary>Tells of a wait that is over.</summary>
    /// <param name="parent">What waited.</param>
    /// <param name="about">A span of the same trace, with the baggage.</param>
    /// <param name="where">For the name of the span, and its <see cref="WaitTag"/>.</param>
    public static void Waited(ActivityContext parent, Activity about, string where, DateTimeOffset from, DateTimeOffset until)
    {
        using var _ = Pinned();
        if (parent.TraceFlags.HasFlag(ActivityTraceFlags.Recorded)
            && Source.CreateActivity($"wait in {where}", ActivityKind.Internal, parent) is { } wait)
        {
            CopyBaggage(about, wait);
            wait.SetTag(WaitTag, where).SetStartTime(from.UtcDateTime).Start();
            wait.SetEndTime((until > from ? until : from).UtcDateTime).Stop();
        }
    }

    /// <summary>Ends a span that may have been started elsewhere, without changing which one is current here.</summary>
    public static void End(Activity? activity, Exception? error = null, DateTimeOffset? at = null)
    {
        if (activity is null)
        {
            return;
        }

        if (error is not null)
        {
            activity.AddException(error).SetStatus(ActivityStatusCode.Error, error.Message);
        }

        using var _ = Pinned();
        if (at is { } end)
        {
            activity.SetEndTime(end.UtcDateTime);
        }

        activity.Stop();
    }

    // urn:message:Namespace:Type
    public static string? TypeOf(IReadOnlyDictionary<string, string> headers) =>
        headers.GetValueOrDefault(MessageHeaders.MessageType)?.Split(';')[0].Split(':')[^1];

    public static string Text(DateTimeOffset time) => time.ToString("O", CultureInfo.InvariantCulture);

    /// <summary>Keeps the current span, although others are started and ended meanwhile.</summary>
    public static PinnedActivity Pinned() => new(Activity.Current);

    static void Get(object? carrier, string name, out string? value, out IEnumerable<string>? values)
    {
        value = ((IReadOnlyDictionary<string, string>)carrier!).GetValueOrDefault(name);
        values = null;
    }

    public readonly struct PinnedActivity(Activity? current) : IDisposable
    {
        public void Dispose() => Activity.Current = current;
    }
}

namespace Shop.Traces.Store;

/// <summary>All spans of one trace that have arrived so far.</summary>
sealed class Trace(UInt128 id)
{
    // An exporter without an answer sends the same spans again.
    readonly Dictionary<ulong, Span> _spans = [];

    public UInt128 Id => id;

    public int Count => _spans.Count;

    public IEnumerable<Span> Spans => _spans.Values;

    public long Start { get; private set; } = long.MaxValue;

    public long End { get; private set; }

    /// <summary>Whether an order changed in it.</summary>
    public bool IsOfOrder { get; private set; }

    /// <returns>False if it was there before.</returns>
    public bool Add(Span span)
    {
        if (!_spans.TryAdd(span.SpanId, span))
        {
            return false;
        }

        Start = Math.Min(Start, span.Start);
        End = Math.Max(End, span.End);
        IsOfOrder = IsOfOrder || span.Attributes.Any(attribute => attribute.Key == "shop.order.status");
        return true;
    }

    public IReadOnlyList<Span> InOrder() => [.. _spans.Values.OrderBy(span => span.Start).ThenBy(span => span.SpanId)];
}

namespace Shop.Cli.Traces;

/// <summary>
/// The chain of causes that leads to what ended last. A trace of messages is no call tree: what is caused ends after its cause, so going up
/// from the end is the way. At each cause, what it did or waited for before it brought about the next belongs to the chain, if it took long.
/// </summary>
sealed class CriticalChain
{
    // What takes less than this share of the whole is not worth naming.
    const int ShareMin = 20;

    // Times are told in microseconds.
    const long Rounding = 2;

    readonly HashSet<string> _spans = [];
    readonly ILookup<string, Span> _children;
    readonly long _whole;

    CriticalChain(ILookup<string, Span> children, long whole) => (_children, _whole) = (children, whole);

    public IReadOnlySet<string> Spans => _spans;

    /// <param name="children">By their parent.</param>
    public static CriticalChain Of(IReadOnlyDictionary<string, Span> spans, ILookup<string, Span> children)
    {
        var last = spans.Values.MaxBy(span => span.End)!;
        var chain = new CriticalChain(children, last.End - spans.Values.Min(span => span.StartTime));
        chain.Go(spans, last);
        return chain;
    }

    void Go(IReadOnlyDictionary<string, Span> spans, Span last)
    {
        Fill(last, last.End);
        for (var span = last; _spans.Add(span.SpanId) && span.Parent is { } id && spans.TryGetValue(id, out var cause); span = cause)
        {
            Fill(cause, span.StartTime);
        }
    }

    // What a span did until then, the latest first.
    void Fill(Span span, long until)
    {
        foreach (var child in _children[span.SpanId].OrderByDescending(child => child.End))
        {
            var matters = child.Wait is not null || child.End > span.End || (child.Kind != "producer" && (child.End - child.StartTime) * ShareMin >= _whole);
            if (matters && child.End <= until + Rounding && _spans.Add(child.SpanId))
            {
                until = child.StartTime;
                Fill(child, child.End);
            }
        }
    }
}

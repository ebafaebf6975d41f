namespace Shop.Traces.Shape;

/// <summary>
/// The chain of causes that leads to what ended last. A trace of messages is no call tree: what is caused ends after its cause, so the
/// chain is followed upwards from the end. What a cause did or waited for before it brought about the next belongs to the chain, if it
/// took long.
/// </summary>
sealed class CriticalChain
{
    // A part with a smaller share of the whole time is left out.
    const int ShareMin = 20;

    // Times are rounded to microseconds.
    const long Rounding = 2;

    readonly HashSet<string> _ids = [];
    readonly ILookup<string, TracePart> _children;
    readonly long _whole;

    CriticalChain(ILookup<string, TracePart> children, long whole) => (_children, _whole) = (children, whole);

    /// <param name="children">By their parent.</param>
    /// <returns>The ids of those on the chain.</returns>
    public static IReadOnlySet<string> Of(IReadOnlyDictionary<string, TracePart> parts, ILookup<string, TracePart> children)
    {
        var last = parts.Values.MaxBy(part => part.End)!;
        var chain = new CriticalChain(children, last.End - parts.Values.Min(part => part.Start));
        chain.Go(parts, last);
        return chain._ids;
    }

    void Go(IReadOnlyDictionary<string, TracePart> parts, TracePart last)
    {
        Fill(last, last.End);
        for (var part = last; _ids.Add(part.Id) && part.Cause is { } id && parts.TryGetValue(id, out var cause); part = cause)
        {
            Fill(cause, part.Start);
        }
    }

    // Adds the children that account for a part's time until then, the latest first.
    void Fill(TracePart part, long until)
    {
        foreach (var child in _children[part.Id].OrderByDescending(child => child.End))
        {
            var matters = child.IsWait || child.End > part.End || (!child.IsMessage && (child.End - child.Start) * ShareMin >= _whole);
            if (matters && child.End <= until + Rounding && _ids.Add(child.Id))
            {
                until = child.Start;
                Fill(child, child.End);
            }
        }
    }
}

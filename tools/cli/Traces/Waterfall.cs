namespace Shop.Cli.Traces;

/// <summary>A span and where it stands.</summary>
/// <param name="Depth">0 for one without a parent in this trace.</param>
/// <param name="IsCritical">True if the trace would have ended earlier without it.</param>
sealed record WaterfallRow(Span Span, string Service, int Depth, bool IsCritical);

/// <summary>The spans of a trace in the order in which they are read: each below its parent, by their start.</summary>
sealed record Waterfall(IReadOnlyList<WaterfallRow> Rows, long Start, long End)
{
    public static Waterfall Of(Trace trace)
    {
        var byId = trace.Spans.ToDictionary(span => span.SpanId);
        var children = trace.Spans.OrderBy(span => span.StartTime).ThenBy(span => span.End)
            .ToLookup(span => span.Parent is { } parent && byId.ContainsKey(parent) ? parent : "");
        var critical = Critical(trace, byId, children);
        var rows = new List<WaterfallRow>();

        void Add(Span span, int depth)
        {
            rows.Add(new(span, trace.Processes[span.ProcessId].ServiceName, depth, critical.Contains(span.SpanId)));
            foreach (var child in children[span.SpanId])
            {
                Add(child, depth + 1);
            }
        }

        foreach (var root in children[""])
        {
            Add(root, 0);
        }

        return new(rows, trace.Spans.Min(span => span.StartTime), trace.Spans.Max(span => span.End));
    }

    // The chain of causes that leads to what ended last, and the waits on the way. A message's trace is no call tree: what is caused ends
    // after its cause, so going up from the end is the way.
    static HashSet<string> Critical(Trace trace, Dictionary<string, Span> byId, ILookup<string, Span> children)
    {
        var critical = new HashSet<string>();
        var next = trace.Spans.MaxBy(span => span.End);
        for (var span = next; span is not null && critical.Add(span.SpanId); next = span, span = span.Parent is { } parent ? byId.GetValueOrDefault(parent) : null)
        {
            critical.UnionWith(children[span.SpanId].Where(child => child.Wait is not null && child.End <= next!.StartTime).Select(child => child.SpanId));
        }

        return critical;
    }
}

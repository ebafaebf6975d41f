namespace Shop.Cli.Traces;

/// <summary>A span and where it stands.</summary>
/// <param name="Depth">0 for one without a parent in this trace.</param>
/// <param name="IsCritical">True if the trace would have ended earlier without it.</param>
/// <param name="GapBefore">Microseconds between its cause and its start of which no span tells.</param>
sealed record WaterfallRow(Span Span, string Service, int Depth, bool IsCritical, long GapBefore);

/// <summary>The spans of a trace in the order in which they are read: each below its parent, by their start.</summary>
sealed record Waterfall(IReadOnlyList<WaterfallRow> Rows, long Start, long End)
{
    // Shorter ones are how long a process takes to turn to its next work.
    const long GapMin = 1_000;
    const int GapShareMin = 100;

    public static Waterfall Of(Trace trace)
    {
        var byId = trace.Spans.DistinctBy(span => span.SpanId).ToDictionary(span => span.SpanId);
        var children = byId.Values.OrderBy(span => span.StartTime).ThenBy(span => span.End)
            .ToLookup(span => span.Parent is { } parent && parent != span.SpanId && byId.ContainsKey(parent) ? parent : "");
        var chain = CriticalChain.Of(byId, children).Spans;
        var (start, end) = (byId.Values.Min(span => span.StartTime), byId.Values.Max(span => span.End));
        var gaps = byId.Values.SelectMany(span => Gaps(span, children[span.SpanId]))
            .Where(gap => gap.Length > GapMin && gap.Length * GapShareMin > end - start).ToDictionary(gap => gap.Before, gap => gap.Length);
        var rows = new List<WaterfallRow>();
        var seen = new HashSet<string>();
        // Spans that are each other's parents hang on nothing, and stand at the end.
        var pending = new Stack<(Span Span, int Depth)>(byId.Values.Reverse().Concat(children[""].Reverse()).Select(span => (span, 0)));
        while (pending.TryPop(out var next))
        {
            if (!seen.Add(next.Span.SpanId))
            {
                continue;
            }

            rows.Add(new(
                next.Span,
                trace.Processes[next.Span.ProcessId].ServiceName,
                next.Depth,
                chain.Contains(next.Span.SpanId),
                gaps.GetValueOrDefault(next.Span.SpanId)));
            foreach (var child in children[next.Span.SpanId].Reverse())
            {
                pending.Push((child, next.Depth + 1));
            }
        }

        return new(rows, start, end);
    }

    // What a cause brought about later begins where the cause ends, or something else that it brought about before.
    static IEnumerable<(string Before, long Length)> Gaps(Span cause, IEnumerable<Span> inOrder)
    {
        var covered = cause.End;
        foreach (var span in inOrder)
        {
            yield return (span.SpanId, span.StartTime - covered);
            covered = Math.Max(covered, span.End);
        }
    }
}

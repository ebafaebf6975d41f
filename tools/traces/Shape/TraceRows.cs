namespace Shop.Traces.Shape;

/// <summary>
/// The spans of a trace in the order in which they are read: each below its parent, by their start. The page and <c>./shop trace</c>
/// show the same, because both have it from here.
/// </summary>
static class TraceRows
{
    // Shorter gaps are the normal time in which a process begins its next work.
    const long GapMin = 1_000;
    const int GapShareMin = 100;

    public static IReadOnlyList<TraceRow> Of(IEnumerable<TracePart> parts)
    {
        var byId = parts.DistinctBy(part => part.Id).ToDictionary(part => part.Id);
        var children = byId.Values.OrderBy(part => part.Start).ThenBy(part => part.End)
            .ToLookup(part => part.Cause is { } cause && cause != part.Id && byId.ContainsKey(cause) ? cause : "");
        var chain = CriticalChain.Of(byId, children);
        var whole = byId.Values.Max(part => part.End) - byId.Values.Min(part => part.Start);
        var gaps = byId.Values.SelectMany(part => Gaps(part, children[part.Id]))
            .Where(gap => gap.Length > GapMin && gap.Length * GapShareMin > whole).ToDictionary(gap => gap.Before, gap => gap.Length);
        var rows = new List<TraceRow>();
        var seen = new HashSet<string>();
        // Spans that are each other's parents have no root, and come last.
        var pending = new Stack<(TracePart Part, int Depth)>(
            byId.Values.Reverse().Concat(children[""].Reverse()).Select(part => (part, 0)));
        while (pending.TryPop(out var next))
        {
            if (!seen.Add(next.Part.Id))
            {
                continue;
            }

            rows.Add(new(next.Part.Id, next.Depth, chain.Contains(next.Part.Id), gaps.GetValueOrDefault(next.Part.Id)));
            foreach (var child in children[next.Part.Id].Reverse())
            {
                pending.Push((child, next.Depth + 1));
            }
        }

        return rows;
    }

    // An effect begins where its cause ends, or where an earlier effect of the same cause ends.
    static IEnumerable<(string Before, long Length)> Gaps(TracePart cause, IEnumerable<TracePart> inOrder)
    {
        var covered = cause.End;
        foreach (var part in inOrder)
        {
            yield return (part.Id, part.Start - covered);
            covered = Math.Max(covered, part.End);
        }
    }
}

using Shop.Launcher.Client.Traces;
using Shop.Traces.Shape;

namespace Shop.Cli.Traces;

/// <summary>A span and where it stands.</summary>
/// <inheritdoc cref="TraceRow"/>
sealed record WaterfallRow(Span Span, string Service, int Depth, bool IsCritical, long GapBefore);

/// <summary>The spans of a trace in the order in which they are read.</summary>
sealed record Waterfall(IReadOnlyList<WaterfallRow> Rows, long Start, long End)
{
    public static Waterfall Of(Trace trace)
    {
        var byId = trace.Spans.DistinctBy(span => span.SpanId).ToDictionary(span => span.SpanId);
        var rows = TraceRows.Of(byId.Values.Select(span => new TracePart(
            span.SpanId, span.Parent, span.StartTime, span.End, span.Wait is not null, span.Kind == "producer")));
        return new(
            [
                .. rows.Select(row => (Row: row, Span: byId[row.Id])).Select(one => new WaterfallRow(
                    one.Span, trace.Processes[one.Span.ProcessId].ServiceName, one.Row.Depth, one.Row.IsCritical, one.Row.GapBefore)),
            ],
            byId.Values.Min(span => span.StartTime),
            byId.Values.Max(span => span.End));
    }
}

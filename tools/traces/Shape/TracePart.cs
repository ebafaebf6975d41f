namespace Shop.Traces.Shape;

/// <summary>A span, as far as the shape of its trace depends on it. Times are in microseconds.</summary>
/// <param name="Cause">Null for one that nothing caused.</param>
/// <param name="IsWait">It did nothing but wait.</param>
/// <param name="IsMessage">It is the way of a message, from its commit to the broker.</param>
sealed record TracePart(string Id, string? Cause, long Start, long End, bool IsWait, bool IsMessage);

/// <summary>Where a span stands.</summary>
/// <param name="Depth">0 for one without a parent in this trace.</param>
/// <param name="IsCritical">True if the trace would have ended earlier without it.</param>
/// <param name="GapBefore">Microseconds between its cause and its start of which no span tells.</param>
sealed record TraceRow(string Id, int Depth, bool IsCritical, long GapBefore);

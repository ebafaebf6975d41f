using Shop.Launcher.Client.Traces;

namespace Shop.EndToEnd.Tests;

/// <summary>Checks that the trace of an order is complete.</summary>
static class TraceShape
{
    // Times are rounded to microseconds.
    const long Rounding = 2;

    /// <summary>Which message went to which service, such as <c>ReserveStock inventory</c>.</summary>
    public static string[] Hops(Trace trace)
    {
        var byId = trace.Spans.ToDictionary(span => span.SpanId);
        return [.. trace.Spans
            .Where(span => span.Kind == "consumer" && span.Parent is { } parent && byId.ContainsKey(parent))
            .Select(span =>
                $"{span.Tags.Single(tag => tag.Key == "shop.message.type").Value.GetString()!.Split('+')[^1]} {ServiceOf(trace, span)}")
            .Order(StringComparer.Ordinal)];
    }

    /// <summary>True if only the request at the gateway has no parent in the trace. Its parent is the client's span.</summary>
    public static bool IsConnected(Trace trace)
    {
        var ids = trace.Spans.Select(span => span.SpanId).ToHashSet();
        return trace.Spans.Where(span => span.Parent is not { } parent || !ids.Contains(parent)).ToArray() is [{ Kind: "server" } entrance]
            && ServiceOf(trace, entrance) == "gateway";
    }

    /// <param name="client">The span of the client, which is not in it.</param>
    public static void MustBeComplete(Trace trace, string client, Guid order)
    {
        var byId = trace.Spans.ToDictionary(span => span.SpanId);
        var entrance = Assert.Single(trace.Spans, span => span.Parent == client);
        Assert.Equal(("gateway", "server"), (ServiceOf(trace, entrance), entrance.Kind));
        Assert.All(trace.Spans, span => Assert.True(
            span == entrance || (span.Parent is { } parent && byId.ContainsKey(parent)), $"{span.OperationName} hangs on nothing."));
        Assert.Empty(trace.Spans.Where(span => !IsShared(span, byId) && !span.Tags.Any(
            tag => tag.Key == "shop.order.id" && tag.Value.GetString() == $"{order}")).Select(span => span.OperationName));
        foreach (var span in trace.Spans)
        {
            switch (span.Kind)
            {
                case "consumer":
                    MustFollowItsMessage(trace, span, byId[span.Parent!]);
                    break;
                case "producer":
                    Assert.Single(trace.Spans, child => child.Parent == span.SpanId && child.Wait == "outbox");
                    break;
            }

            if (span.OperationName == "commit")
            {
                MustBeLinked(trace, span);
            }
        }
    }

    // Outbox, queue and handling follow each other without a gap. A copy waits in the queue later, with a span of its own.
    static void MustFollowItsMessage(Trace trace, Span process, Span publish)
    {
        Assert.Equal("producer", publish.Kind);
        var outbox = Assert.Single(trace.Spans, span => span.Parent == publish.SpanId && span.Wait == "outbox");
        var queues = trace.Spans.Where(span => span.Parent == publish.SpanId && span.Wait == "queue").ToArray();
        Assert.Equal(trace.Spans.Count(span => span.Parent == publish.SpanId && span.Kind == "consumer"), queues.Length);
        Assert.InRange(queues.Min(queue => queue.StartTime), outbox.End - Rounding, outbox.End + Rounding);
        Assert.Single(queues, queue => Math.Abs(queue.End - process.StartTime) <= Rounding);
        Assert.Contains(trace.Spans, span => span.Parent == process.SpanId && span.OperationName == "commit");
    }

    // A batch may belong to another order's trace. Then this trace has only the link to it.
    static void MustBeLinked(Trace trace, Span commit)
    {
        var link = Assert.Single(commit.References, reference => reference.RefType == "FOLLOWS_FROM");
        if (trace.Spans.FirstOrDefault(span => span.SpanId == link.SpanId) is { } batch)
        {
            Assert.StartsWith("batch ", batch.OperationName, StringComparison.Ordinal);
            Assert.Contains(batch.References, reference => reference.SpanId == commit.SpanId);
        }
    }

    // A transaction that several works share belongs to no single order. Its statements do not either.
    static bool IsShared(Span span, IReadOnlyDictionary<string, Span> byId) =>
        span.Tags.Any(tag => tag.Key == "shop.batch.size" && tag.Value.GetInt64() > 1 && span.OperationName != "commit")
        || (span.Parent is { } parent && byId.TryGetValue(
            parent, out var above) && IsShared(above, byId) && above.OperationName.StartsWith("batch ", StringComparison.Ordinal));

    static string ServiceOf(Trace trace, Span span) => trace.Processes[span.ProcessId].ServiceName;
}

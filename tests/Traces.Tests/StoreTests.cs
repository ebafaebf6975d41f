using Shop.Traces.Store;

namespace Shop.Traces.Tests;

/// <summary>The store keeps no more than its limits, however much is sent.</summary>
public sealed class StoreTests
{
    [Fact]
    public void The_oldest_traces_go_when_there_are_too_many_spans()
    {
        var store = new TraceStore(new() { SpansMax = 100 });
        for (var trace = 0; trace < 60; trace++)
        {
            store.Add([Make(trace, 1), Make(trace, 2)]);
        }

        Assert.Equal((50, 100, 120L, 20L), (store.State.Traces, store.State.Spans, store.State.Received, store.State.Dropped));
        Assert.Empty(store.Find(Id(9)));
        Assert.Equal(2, store.Find(Id(10)).Count);
    }

    [Fact]
    public void A_trace_that_still_grows_is_not_old()
    {
        var store = new TraceStore(new() { SpansMax = 10 });
        for (var trace = 0; trace < 20; trace++)
        {
            store.Add([Make(trace, 1), Make(1_000, trace + 1)]);
        }

        Assert.NotEmpty(store.Find(Id(1_000)));
    }

    [Fact]
    public void Large_spans_count_for_what_they_are()
    {
        var store = new TraceStore(new() { BytesMax = 1_000_000 });
        for (var trace = 0; trace < 1_000; trace++)
        {
            store.Add([Make(trace, 1) with { Attributes = [new("large", new string('x', 8_000))] }]);
        }

        Assert.InRange(store.State.Bytes, 900_000, 1_000_000);
        Assert.InRange(store.State.Spans, 50, 60);
    }

    [Fact]
    public void What_spans_share_counts_once_and_until_the_last_of_them_has_gone()
    {
        var store = new TraceStore(new() { BytesMax = 1_000_000 });
        for (var request = 0; request < 1_000; request++)
        {
            var resource = new Resource("ordering", [new("large", new string('x', 8_000))]);
            store.Add([Make(request * 2, 1) with { Resource = resource }, Make((request * 2) + 1, 1) with { Resource = resource }]);
        }

        // 16 kB for each resource, and 2 kB for two traces of one span.
        Assert.InRange(store.State.Bytes, 900_000, 1_000_000);
        Assert.InRange(store.State.Spans, 100, 115);
    }

    [Fact]
    public void One_endless_trace_does_not_push_out_the_others()
    {
        var store = new TraceStore(new() { SpansMax = 1_000, SpansOfTraceMax = 100 });
        store.Add([Make(1, 1)]);
        store.Add([.. Enumerable.Range(1, 5_000).Select(span => Make(2, span))]);

        Assert.NotEmpty(store.Find(Id(1)));
        Assert.Equal(100, store.Find(Id(2)).Count);
        Assert.Equal(4_900, store.State.Dropped);
    }

    static Span Make(int trace, int span) =>
        new() { TraceId = Id(trace), SpanId = (ulong)span, Name = "work", Start = span, End = span + 1 };

    static UInt128 Id(int trace) => (UInt128)(trace + 1);
}

using System.Text.Json;
using Shop.Cli.Traces;
using Shop.Launcher.Client.Traces;

namespace Shop.Cli.Tests;

public sealed class WaterfallTests
{
    [Fact]
    public void Spans_stand_below_their_parents_in_the_order_of_their_start()
    {
        var waterfall = Waterfall.Of(
            Trace(Span("late", "root", 20, 30), Span("root", null, 0, 10), Span("early", "root", 5, 7), Span("below", "early", 6, 7)));

        Assert.Equal([("root", 0), ("early", 1), ("below", 2), ("late", 1)], waterfall.Rows.Select(row => (row.Span.SpanId, row.Depth)));
        Assert.Equal((0, 30), (waterfall.Start, waterfall.End));
    }

    [Fact]
    public void The_chain_to_what_ended_last_is_critical_with_the_waits_on_its_way()
    {
        var waterfall = Waterfall.Of(Trace(
            Span("root", null, 0, 10),
            Span("aside", "root", 1, 9),
            Span("publish", "root", 5, 12),
            Span("wait", "publish", 5, 12, wait: "outbox"),
            Span("process", "publish", 12, 40),
            Span("other", "process", 13, 20),
            Span("slow", "process", 15, 41),
            Span("wait-later", "process", 20, 30, wait: "queue")));

        Assert.Equal(
            ["root", "publish", "wait", "process", "slow"],
            waterfall.Rows.Where(row => row.IsCritical).Select(row => row.Span.SpanId));
    }

    [Fact]
    public void What_the_end_waited_for_is_critical_even_where_it_caused_nothing_and_a_time_nobody_tells_of_is_a_gap()
    {
        // Two attempts at a payment: the first took long and failed, the second, after a pause, led to the end.
        var waterfall = Waterfall.Of(Trace(
            Span("process", null, 0, 10_000),
            Span("first", "process", 12_000, 700_000),
            Span("call", "first", 20_000, 690_000),
            Span("quick", "first", 695_000, 696_000),
            Span("second", "process", 900_000, 950_000)));

        Assert.Equal(["process", "first", "call", "second"], waterfall.Rows.Where(row => row.IsCritical).Select(row => row.Span.SpanId));
        Assert.Equal([("second", 200_000)], waterfall.Rows.Where(row => row.GapBefore > 0).Select(row => (row.Span.SpanId, row.GapBefore)));
    }

    [Fact]
    public void Spans_that_are_each_others_parents_or_their_own_or_there_twice_are_shown_once()
    {
        var waterfall = Waterfall.Of(Trace(
            Span("root", null, 0, 9), Span("a", "b", 1, 2), Span("b", "a", 1, 2), Span("self", "self", 3, 4), Span("root", null, 0, 9)));

        Assert.Equal(["a", "b", "root", "self"], waterfall.Rows.Select(row => row.Span.SpanId).Order());
    }

    [Fact]
    public void A_span_whose_parent_is_missing_stands_by_itself()
    {
        var waterfall = Waterfall.Of(Trace(Span("a", "gone", 0, 1), Span("b", null, 2, 3)));

        Assert.Equal([("a", 0), ("b", 0)], waterfall.Rows.Select(row => (row.Span.SpanId, row.Depth)));
    }

    static Trace Trace(params Span[] spans) => new("t", spans, new Dictionary<string, Process> { ["p"] = new("ordering") });

    static Span Span(string id, string? parent, long start, long end, string? wait = null) => new(
        id,
        id,
        parent is null ? [] : [new("CHILD_OF", parent)],
        start,
        end - start,
        wait is null ? [] : [new("shop.wait", JsonSerializer.SerializeToElement(wait))],
        "p");
}

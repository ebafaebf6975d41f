using System.Collections.Concurrent;
using System.Diagnostics;
using Shop.Hosting;
using Shop.Ordering.Orders;
using Shop.Ordering.Sagas;

namespace Shop.Ordering.Tests.Rules;

/// <summary>Some orders' traces are kept although sampling passed them over, with these spans.</summary>
[Collection<Alone>]
public sealed class KeptTraceTests : IDisposable
{
    static readonly DateTimeOffset _placedAt = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    static readonly KeptTracesOptions _options = new() { SlowAfter = TimeSpan.FromSeconds(5) };

    readonly ConcurrentQueue<Activity> _ended = new();
    readonly ActivitySource _source = new("test-kept-traces");
    readonly ActivityListener _listener;
    ActivitySamplingResult _sampling = ActivitySamplingResult.AllDataAndRecorded;

    public KeptTraceTests()
    {
        // OpenTelemetry's parent-based sampler does the same.
        _listener = new()
        {
            ShouldListenTo = source => source.Name is "test-kept-traces" or "Shop.Ordering",
            Sample = (ref ActivityCreationOptions<ActivityContext> options) =>
                options.Parent.TraceFlags.HasFlag(ActivityTraceFlags.Recorded) ? _sampling : ActivitySamplingResult.PropagationData,
            ActivityStopped = span =>
            {
                if (span.Recorded)
                {
                    _ended.Enqueue(span);
                }
            },
        };
        ActivitySource.AddActivityListener(_listener);
    }

    [Theory]
    [InlineData(OrderStatus.Placed, OrderStatus.StockReserved, 1, null)]
    [InlineData(OrderStatus.StockReserved, OrderStatus.Confirmed, 5, null)]
    [InlineData(OrderStatus.StockReserved, OrderStatus.Confirmed, 6, "slow")]
    [InlineData(OrderStatus.Placed, OrderStatus.StockReserved, 6, "slow")]
    [InlineData(OrderStatus.Placed, OrderStatus.Cancelled, 1, "cancelled")]
    [InlineData(OrderStatus.StockReserved, OrderStatus.Cancelling, 1, "cancelled")]
    [InlineData(OrderStatus.Confirmed, OrderStatus.Cancelling, 600, "cancelled")]
    [InlineData(OrderStatus.Cancelling, OrderStatus.Cancelled, 600, null)]
    [InlineData(OrderStatus.Cancelling, OrderStatus.Cancelling, 600, null)]
    public void Cancelled_and_slow_orders_are_kept_from_the_step_that_shows_it(string from, string to, int seconds, string? reason)
    {
        var order = Placed();
        order.Status = from;

        Assert.Equal(reason, _options.ReasonToKeep(order, to, _placedAt.AddSeconds(seconds)));
    }

    [Fact]
    public void Whoever_keeps_no_cancelled_orders_still_keeps_slow_ones()
    {
        var options = new KeptTracesOptions { Cancelled = false, SlowAfter = _options.SlowAfter };

        Assert.Null(options.ReasonToKeep(Placed(), OrderStatus.Cancelled, _placedAt.AddSeconds(1)));
        Assert.Equal("slow", options.ReasonToKeep(Placed(), OrderStatus.Cancelled, _placedAt.AddSeconds(6)));
    }

    [Fact]
    public void A_kept_order_is_a_span_without_a_parent_in_the_same_trace_with_one_below_for_each_status_it_had()
    {
        using var unsampled = Unsampled();
        var order = Placed();
        order.Record(OrderStatus.StockReserved, "inventory", "Stock reserved", _placedAt.AddSeconds(1));
        order.Record(OrderStatus.Cancelling, "payment", "Payment declined", _placedAt.AddSeconds(3));

        var kept = KeptTrace.Begin(order, OrderStatus.Cancelling, "cancelled")!;
        var carriedOn = Activity.Current!.Context;
        var baggage = Activity.Current.GetBaggageItem(OrderOfTrace.Key);
        Assert.Empty(_ended);
        kept.End();

        var root = Assert.Single(_ended, span => span.OperationName == "kept order");
        Assert.Equal((unsampled.TraceId, default), (root.TraceId, root.ParentSpanId));
        Assert.Equal(_placedAt.UtcDateTime, root.StartTimeUtc);
        Assert.Equal(
            (root.SpanId, ActivityTraceFlags.Recorded, $"{order.CorrelationId}"), (carriedOn.SpanId, carriedOn.TraceFlags, baggage));
        Assert.Equal(("cancelled", "Cancelling"), (root.GetTagItem("shop.trace.kept"), root.GetTagItem("shop.order.status")));
        Assert.Equal(
            [("Placed", "Order placed", 1.0), ("StockReserved", "Stock reserved", 2.0)],
            _ended.Where(span => span != root)
                .Select(span => (span.OperationName, (string)span.GetTagItem("shop.order.step")!, span.Duration.TotalSeconds)));
        Assert.All(
            _ended.Where(span => span != root), span => Assert.Equal((root.TraceId, root.SpanId), (span.TraceId, span.ParentSpanId)));
        Assert.All(_ended, span => Assert.Equal($"{order.CorrelationId}", span.GetTagItem(OrderOfTrace.Key)));
    }

    [Fact]
    public void A_sampled_trace_is_kept_as_it_is()
    {
        using var sampled = _source.StartActivity("sampled", ActivityKind.Consumer, Context(ActivityTraceFlags.Recorded))!;

        Assert.Null(KeptTrace.Begin(Placed(), OrderStatus.Cancelled, "cancelled"));
        Assert.Same(sampled, Activity.Current);
    }

    [Fact]
    public void Where_nobody_collects_traces_nothing_is_kept_and_nobody_is_told_otherwise()
    {
        _sampling = ActivitySamplingResult.PropagationData;
        using var unsampled = Unsampled();

        Assert.Null(KeptTrace.Begin(Placed(), OrderStatus.Cancelled, "cancelled"));
        Assert.Same(unsampled, Activity.Current);
        Assert.False(Activity.Current!.Recorded);
    }

    public void Dispose()
    {
        _listener.Dispose();
        _source.Dispose();
    }

    static Order Placed() => Order.Place(Guid.CreateVersion7(), "alice", [new("MUG-01", 2, 12.50m)], "tok_visa", _placedAt);

    static ActivityContext Context(ActivityTraceFlags flags) =>
        new(ActivityTraceId.CreateRandom(), ActivitySpanId.CreateRandom(), flags, isRemote: true);

    Activity Unsampled()
    {
        var activity = _source.StartActivity("unsampled", ActivityKind.Consumer, Context(ActivityTraceFlags.None))!;
        Assert.False(activity.Recorded);
        return activity;
    }
}

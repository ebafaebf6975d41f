using System.Diagnostics;
using Shop.Launcher.Processes;
using Span = Shop.Launcher.Client.Traces.Span;

namespace Shop.EndToEnd.Tests;

/// <summary>An order is one complete trace, from the client's request through every message to its end.</summary>
public sealed class OrderTraceTests(ShopSystem shop)
{
    static readonly string[] _paid =
        ["ReserveStock inventory", "StockReserved ordering", "TakePayment payment", "PaymentTaken ordering", "OrderConfirmed inventory"];

    readonly TracedOrders _orders = new(shop);

    [Theory]
    [InlineData(
        "MUG-01",
        "tok_visa",
        "Confirmed",
        "ReserveStock inventory",
        "StockReserved ordering",
        "TakePayment payment",
        "PaymentTaken ordering",
        "OrderConfirmed inventory")]
    [InlineData("SOLD-OUT", "tok_visa", "Cancelled", "ReserveStock inventory", "StockRejected ordering")]
    [InlineData(
        "MUG-01",
        "tok_declined",
        "Cancelled",
        "ReserveStock inventory",
        "StockReserved ordering",
        "TakePayment payment",
        "PaymentDeclined ordering",
        "ReleaseStock inventory",
        "StockReleased ordering")]
    [InlineData(
        "MUG-01",
        "tok_outage",
        "Cancelled",
        "ReserveStock inventory",
        "StockReserved ordering",
        "TakePayment payment",
        "PaymentOverdue ordering",
        "ReleaseStock inventory",
        "StockReleased ordering",
        "RefundPayment payment",
        "PaymentRefunded ordering")]
    public async Task An_order_is_one_trace_with_nothing_missing(string sku, string payment, string status, params string[] hops)
    {
        var (order, client) = await _orders.Place(sku, payment);

        var end = await shop.End(order, _orders.Token);
        Assert.Equal(status, end.GetProperty("status").GetString());

        var trace = await _orders.Traced(order, hops);
        Assert.Equal(client.TraceId.ToHexString(), trace.TraceId);
        TraceShape.MustBeComplete(trace, client.SpanId.ToHexString(), order);
        var became = trace.Spans.Where(span => Tag(span, "shop.order.status") is not null).OrderBy(span => span.StartTime).ToArray();
        Assert.Equal(("Placed", status), (Tag(became[0], "shop.order.status"), Tag(became[^1], "shop.order.status")));
        Assert.Equal(end.GetProperty("reason").GetString(), Tag(became[^1], "shop.order.reason"));
    }

    [Fact]
    public async Task A_restart_in_the_middle_is_in_the_same_trace()
    {
        var (order, client) = await _orders.Place("MUG-01", "tok_slow");
        await shop.Reach(order, _orders.Token, 30, "StockReserved");
        foreach (var replica in new[] { "ordering-1", "ordering-2" })
        {
            await BackgroundProcess.Stop(shop.Find(replica), TimeSpan.FromSeconds(15));
        }

        await shop.Shop("up");

        await shop.End(order, _orders.Token);
        var trace = await _orders.Traced(order, _paid);
        TraceShape.MustBeComplete(trace, client.SpanId.ToHexString(), order);
    }

    [Fact]
    public async Task An_order_that_is_not_sampled_leaves_no_span_anywhere_and_keeps_its_trace_id()
    {
        var (order, client) = await _orders.Place("MUG-01", "tok_visa", ActivityTraceFlags.None);
        await shop.End(order, _orders.Token);

        // If this order had a trace, it would be complete when a later order's trace is.
        var (later, _) = await _orders.Place("MUG-01", "tok_visa");
        await shop.End(later, _orders.Token);
        await _orders.Traced(later, _paid);
        await Assert.ThrowsAsync<Launcher.UserError>(() => _orders.Viewer.OfOrder(order, TestContext.Current.CancellationToken));
        var timeline = (await shop.Send(HttpMethod.Get, $"/orders/{order}/timeline", _orders.Token)).Json;
        Assert.All(
            timeline.GetProperty("steps").EnumerateArray(),
            step => Assert.Equal(client.TraceId.ToHexString(), step.GetProperty("traceId").GetString()));
    }

    [Fact]
    public async Task The_terminal_shows_it()
    {
        var (order, _) = await _orders.Place("MUG-01", "tok_visa");
        await shop.End(order, _orders.Token);
        await _orders.Traced(order, _paid);

        var shown = await shop.Shop($"trace {order}");

        Assert.Contains("gateway POST", shown, StringComparison.Ordinal);
        Assert.Contains("in outbox", shown, StringComparison.Ordinal);
        Assert.Contains("/trace/", shown, StringComparison.Ordinal);
        Assert.Contains("● gateway POST /orders", await shop.Shop("trace"), StringComparison.Ordinal);
        Assert.Contains("There is no trace of order", await shop.Shop($"trace {Guid.NewGuid()}", mayFail: true), StringComparison.Ordinal);
    }

    static string? Tag(Span span, string key) => span.Tags.FirstOrDefault(tag => tag.Key == key)?.Value.GetString();
}

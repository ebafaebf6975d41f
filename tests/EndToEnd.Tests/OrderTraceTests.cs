using System.Diagnostics;
using Shop.Cli.Processes;
using Shop.Cli.Traces;
using Trace = Shop.Cli.Traces.Trace;

namespace Shop.EndToEnd.Tests;

/// <summary>An order is one trace: of the client's request, through every message, to its end, with nothing missing in between.</summary>
public sealed class OrderTraceTests(ShopSystem shop)
{
    TraceApi Viewer => new(new($"http://127.0.0.1:{shop.Checkout.Ports.TraceViewer.Page}"));

    [Theory]
    [InlineData("MUG-01", "tok_visa", "Confirmed", "ReserveStock inventory", "StockReserved ordering", "TakePayment payment", "PaymentTaken ordering", "OrderConfirmed inventory")]
    [InlineData("SOLD-OUT", "tok_visa", "Cancelled", "ReserveStock inventory", "StockRejected ordering")]
    [InlineData("MUG-01", "tok_declined", "Cancelled", "ReserveStock inventory", "StockReserved ordering", "TakePayment payment", "PaymentDeclined ordering", "ReleaseStock inventory", "StockReleased ordering")]
    [InlineData("MUG-01", "tok_outage", "Cancelled", "ReserveStock inventory", "StockReserved ordering", "TakePayment payment", "PaymentOverdue ordering", "ReleaseStock inventory", "StockReleased ordering", "RefundPayment payment", "PaymentRefunded ordering")]
    public async Task An_order_is_one_trace_with_nothing_missing(string sku, string payment, string status, params string[] hops)
    {
        var (order, client) = await Place(sku, payment);

        Assert.Equal(status, (await shop.End(order, shop.Token("traced"))).GetProperty("status").GetString());

        var trace = await Traced(order, hops);
        Assert.Equal(client.TraceId.ToHexString(), trace.TraceId);
        TraceShape.MustBeWhole(trace, client.SpanId.ToHexString(), order);
    }

    [Fact]
    public async Task A_restart_in_the_middle_is_in_the_same_trace()
    {
        var (order, client) = await Place("MUG-01", "tok_slow");
        await shop.Reach(order, shop.Token("traced"), 30, "StockReserved");
        foreach (var replica in new[] { "ordering-1", "ordering-2" })
        {
            await BackgroundProcess.Stop(shop.Find(replica), TimeSpan.FromSeconds(15));
        }

        await shop.Shop("up");

        await shop.End(order, shop.Token("traced"));
        var trace = await Traced(order, ["ReserveStock inventory", "StockReserved ordering", "TakePayment payment", "PaymentTaken ordering", "OrderConfirmed inventory"]);
        TraceShape.MustBeWhole(trace, client.SpanId.ToHexString(), order);
    }

    [Fact]
    public async Task An_order_that_is_not_sampled_leaves_no_span_anywhere_and_keeps_its_trace_id()
    {
        var (order, client) = await Place("MUG-01", "tok_visa", ActivityTraceFlags.None);
        await shop.End(order, shop.Token("traced"));

        // When a later order's spans are all there, so would be this one's.
        var (later, _) = await Place("MUG-01", "tok_visa");
        await shop.End(later, shop.Token("traced"));
        await Traced(later, ["ReserveStock inventory", "StockReserved ordering", "TakePayment payment", "PaymentTaken ordering", "OrderConfirmed inventory"]);
        await Assert.ThrowsAsync<Shop.Cli.UserError>(() => Viewer.OfOrder(order, TestContext.Current.CancellationToken));
        var timeline = (await shop.Send(HttpMethod.Get, $"/orders/{order}/timeline", shop.Token("traced"))).Json;
        Assert.All(
            timeline.GetProperty("steps").EnumerateArray(),
            step => Assert.Equal(client.TraceId.ToHexString(), step.GetProperty("traceId").GetString()));
    }

    [Fact]
    public async Task The_terminal_shows_it()
    {
        var (order, _) = await Place("MUG-01", "tok_visa");
        await shop.End(order, shop.Token("traced"));
        await Traced(order, ["ReserveStock inventory", "StockReserved ordering", "TakePayment payment", "PaymentTaken ordering", "OrderConfirmed inventory"]);

        var shown = await shop.Shop($"trace {order}");

        Assert.Contains("gateway POST", shown, StringComparison.Ordinal);
        Assert.Contains("in outbox", shown, StringComparison.Ordinal);
        Assert.Contains("/trace/", shown, StringComparison.Ordinal);
        Assert.Contains("There is no trace of order", await shop.Shop($"trace {Guid.NewGuid()}", mayFail: true), StringComparison.Ordinal);
    }

    async Task<(Guid Order, ActivityContext Client)> Place(string sku, string payment, ActivityTraceFlags flags = ActivityTraceFlags.Recorded)
    {
        var client = new ActivityContext(ActivityTraceId.CreateRandom(), ActivitySpanId.CreateRandom(), flags);
        var answer = await shop.Send(
            HttpMethod.Post,
            "/orders",
            shop.Token("traced"),
            $$"""{"items":[{"sku":"{{sku}}","quantity":1}],"paymentMethod":"{{payment}}"}""",
            ("traceparent", $"00-{client.TraceId}-{client.SpanId}-0{(int)flags}"));
        Assert.Equal(202, answer.Status);
        return (answer.OrderId, client);
    }

    // What happens after the order has ended, such as the sale of its stock, belongs to it as well.
    async Task<Trace> Traced(Guid order, string[] hops)
    {
        var (trace, seen) = (default(Trace), Array.Empty<string>());
        await ShopSystem.Until(
            async () =>
            {
                trace = await Viewer.OfOrder(order, TestContext.Current.CancellationToken);
                seen = TraceShape.Hops(trace);
                return seen.SequenceEqual(hops.Order(StringComparer.Ordinal));
            },
            60,
            () => $"the messages {string.Join(", ", hops.Order(StringComparer.Ordinal))}; there are {string.Join(", ", seen)}");
        return trace!;
    }
}

using System.Net.Http.Json;
using System.Text;
using RabbitMQ.Client;
using Shop.Launcher.Client.Traces;

namespace Shop.EndToEnd.Tests;

/// <summary>The traces of orders with problems are as complete as those of the others.</summary>
public sealed class TroubledTraceTests(ShopSystem shop)
{
    static readonly string[] _confirmed =
    [
        "ReserveStock inventory", "StockReserved ordering", "TakePayment payment", "PaymentTaken ordering", "OrderConfirmed inventory",
    ];

    readonly TracedOrders _orders = new(shop);

    [Fact]
    public async Task A_customers_cancel_is_a_trace_of_its_own_with_all_that_it_undoes()
    {
        var (order, client) = await _orders.Place("MUG-01", "tok_visa");
        await shop.End(order, _orders.Token);
        await _orders.Traced(order, _confirmed);

        var (_, canceller) = await _orders.Send(HttpMethod.Post, $"/orders/{order}/cancel");
        await shop.Reach(order, _orders.Token, 60, "Cancelled");

        var cancel = await _orders.Traced(
            canceller, "CancellationRequested ordering", "ReleaseStock inventory", "StockReleased ordering", "RefundPayment payment",
            "PaymentRefunded ordering");
        TraceShape.MustBeComplete(cancel, canceller.SpanId.ToHexString(), order);
        var placed = await _orders.Traced(order, _confirmed);
        TraceShape.MustBeComplete(placed, client.SpanId.ToHexString(), order);
    }

    [Fact]
    public async Task A_deadline_and_the_refund_of_a_payment_that_came_too_late_are_in_the_orders_trace()
    {
        var (order, client) = await _orders.Place("MUG-01", "tok_timeout");
        using var provider = new HttpClient { BaseAddress = new($"http://127.0.0.1:{shop.Checkout.Ports.PaymentProvider}") };
        try
        {
            // The money is taken, and the answer comes too late.
            await ShopSystem.Until(
                async () => (await provider.GetStringAsync($"/v1/charges?reference={order}")).Contains(
                    "succeeded", StringComparison.Ordinal), 20, () => "the charge");
            await provider.PutAsJsonAsync("/v1/faults", new { outage = true }, TestContext.Current.CancellationToken);
            await shop.Reach(order, _orders.Token, 30, "Cancelling");
            await ShopSystem.Until(
                async () => (await shop.Send(HttpMethod.Get, $"/payments/{order}", _orders.Token)).Json.GetProperty("status")
                    .GetString() == "Voiding", 20, () => "the refund to be asked for");
        }
        finally
        {
            await provider.PutAsJsonAsync("/v1/faults", new { outage = false }, TestContext.Current.CancellationToken);
        }

        Assert.Equal("payment_timeout", (await shop.Reach(order, _orders.Token, 60, "Cancelled")).GetProperty("reason").GetString());
        var trace = await _orders.Traced(
            order, "ReserveStock inventory", "StockReserved ordering", "TakePayment payment", "PaymentOverdue ordering",
            "ReleaseStock inventory", "StockReleased ordering",
            "RefundPayment payment", "PaymentRefunded ordering");
        TraceShape.MustBeComplete(trace, client.SpanId.ToHexString(), order);
        Assert.Contains(trace.Spans, span => span.Wait == "schedule" && span.Duration > 11_000_000);
        Assert.Contains(trace.Spans, span => span.Label.EndsWith("/refunds", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Attempts_that_fail_are_in_the_trace_and_red()
    {
        var (order, client) = await _orders.Place("MUG-01", "tok_flaky");
        await shop.End(order, _orders.Token);

        var trace = await _orders.Traced(order, _confirmed);
        TraceShape.MustBeComplete(trace, client.SpanId.ToHexString(), order);
        Assert.Equal(
            ["503", "503", ""],
            trace.Spans.Where(span => span.Label == "POST /v1/charges").OrderBy(span => span.StartTime).Select(span => span.Failure));
    }

    [Fact]
    public async Task A_message_that_is_delivered_twice_is_seen_twice_and_has_its_effect_once()
    {
        var (order, client) = await _orders.Place("MUG-01", "tok_visa");
        await shop.End(order, _orders.Token);
        string[] hops = [
            "ReserveStock inventory", "StockReserved ordering", "TakePayment payment", "PaymentTaken ordering", "OrderConfirmed inventory"
        ];
        var before = await _orders.Traced(order, hops);

        await Repeat(before, before.Spans.Single(span => span.OperationName == "publish Inventory:StockReserved"), order);

        var trace = await _orders.Traced(order, [.. hops, "StockReserved ordering"]);
        TraceShape.MustBeComplete(trace, client.SpanId.ToHexString(), order);
        var copies = trace.Spans.Where(span => span.OperationName == "commit" && span.Tags.Any(tag => tag.Key == "shop.duplicate"))
            .ToArray();
        Assert.Equal("ordering", trace.Processes[Assert.Single(copies).ProcessId].ServiceName);
        Assert.Equal(before.Spans.Count(span => span.Kind == "producer"), trace.Spans.Count(span => span.Kind == "producer"));
    }

    [Fact]
    public async Task Nothing_personal_no_token_and_no_body_is_in_any_span()
    {
        foreach (var payment in new[] { "tok_visa", "tok_declined", "tok_flaky" })
        {
            var answer = await shop.Send(
                HttpMethod.Post, "/orders", _orders.Token, $$"""{"items":[{"sku":"MUG-01","quantity":7}],"paymentMethod":"{{payment}}"}""",
                ("Idempotency-Key", "key-of-the-customer-0815"));
            _ = answer.Status == 202 ? await shop.End(answer.OrderId, _orders.Token) : default;
        }

        var (order, _) = await _orders.Place("SOLD-OUT", "tok_insufficient_funds");
        await shop.End(order, _orders.Token);
        await shop.Send(HttpMethod.Get, "/orders?limit=2", _orders.Token);
        await _orders.Traced(order, "ReserveStock inventory", "StockRejected ordering");

        using var http = new HttpClient();
        var all = await http.GetStringAsync(
            new Uri($"http://127.0.0.1:{shop.Checkout.Ports.TraceViewer.Page}/api/traces?limit=1000"),
            TestContext.Current.CancellationToken);
        Assert.Contains($"{order}", all, StringComparison.Ordinal);
        Assert.All(
            [
                "tok_",
                "Bearer",
                "uthorization",
                _orders.Token,
                "eyJ",
                TracedOrders.Customer,
                "key-of-the-customer",
                "\"items\"",
                "items\\",
                "Password",
                "password"
            ],
            secret => Assert.DoesNotContain(secret, all, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Without_anybody_who_takes_spans_orders_go_on_and_no_log_tells_of_it()
    {
        var logs = new[] { "gateway", "ordering-1", "ordering-2", "inventory-1", "inventory-2", "payment-1", "payment-2" }
            .ToDictionary(name => shop.Checkout.State.LogOf(name), name => new FileInfo(shop.Checkout.State.LogOf(name)).Length);
        shop.Kill("trace-viewer");
        try
        {
            // Long enough for several exports, one each second, to fail.
            for (var round = 0; round < 4; round++)
            {
                var placed = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => shop.Place(_orders.Token)));
                foreach (var answer in placed)
                {
                    Assert.Equal("Confirmed", (await shop.End(answer.OrderId, _orders.Token)).GetProperty("status").GetString());
                }

                var (slow, _) = await _orders.Place("MUG-01", "tok_flaky");
                await shop.End(slow, _orders.Token);
            }
        }
        finally
        {
            await shop.Shop("up");
        }

        foreach (var (log, length) in logs)
        {
            await using var file = new FileStream(log, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            file.Position = length;
            var added = await new StreamReader(file).ReadToEndAsync(TestContext.Current.CancellationToken);
            Assert.All(
                ["otlp", "export", "telemetry", "collector", $":{shop.Checkout.Ports.TraceViewer.Grpc}"],
                word => Assert.DoesNotContain(word, added, StringComparison.OrdinalIgnoreCase));
        }

        // Later spans are sent once a collector listens again.
        var (order, client) = await _orders.Place("SOLD-OUT", "tok_visa");
        await shop.End(order, _orders.Token);
        TraceShape.MustBeComplete(
            await _orders.Traced(order, "ReserveStock inventory", "StockRejected ordering"), client.SpanId.ToHexString(), order);
    }

    // A broker that has lost an acknowledgement delivers the same id, headers and body again.
    async Task Repeat(Trace trace, Span publish, Guid order)
    {
        await using var connection = await shop.ConnectAs("inventory");
        await using var channel = await connection.CreateChannelAsync(
            new CreateChannelOptions(true, true), TestContext.Current.CancellationToken);
        const string exchange = "Shop.Contracts.Inventory:StockReserved";
        var properties = new BasicProperties
        {
            ContentType = "application/json",
            Headers = new Dictionary<string, object?>
            {
                ["MT-MessageType"] = $"urn:message:{exchange}",
                ["MessageId"] = publish.Tags.Single(tag => tag.Key == "messaging.message.id").Value.GetString(),
                ["traceparent"] = $"00-{trace.TraceId}-{publish.SpanId}-01",
                ["baggage"] = $"shop.order.id={order}",
                ["shop-sent-at"] = DateTimeOffset.UtcNow.ToString("O"),
            },
        };
        await channel.BasicPublishAsync(
            exchange, "", true, properties, Encoding.UTF8.GetBytes($$"""{"orderId":"{{order}}"}"""), TestContext.Current.CancellationToken);
    }
}

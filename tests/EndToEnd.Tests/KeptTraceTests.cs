using System.Net.Http.Json;
using System.Text.Json;
using Shop.Launcher.Processes;
using Trace = Shop.Launcher.Client.Traces.Trace;

namespace Shop.EndToEnd.Tests;

/// <summary>Without sampling, some traces are kept, and their spans have no missing parents.</summary>
public sealed class KeptTraceTests(ShopSystem shop)
{
    const string Sampling = "OTEL_TRACES_SAMPLER_ARG";
    static readonly TimeSpan _quick = TimeSpan.FromSeconds(4);
    static readonly HttpClient _http = new();

    [Fact]
    public async Task With_sampling_at_zero_only_cancelled_and_slow_orders_leave_spans_and_none_of_them_an_orphan()
    {
        try
        {
            await RestartGateway((Sampling, "0"));
            var token = shop.Token("unsampled");
            var declined = (await shop.Place(token, payment: "tok_declined")).OrderId;
            var slow = (await shop.Place(token, payment: "tok_slow")).OrderId;
            var soldOut = (await shop.Place(token, "SOLD-OUT")).OrderId;

            await Task.WhenAll(new[] { declined, slow, soldOut }.Select(order => shop.End(order, token)));

            MustBeKept(await Kept(
                declined, ["ReleaseStock inventory", "StockReleased ordering"]), declined, "cancelled", "Placed", "StockReserved");
            MustBeKept(await Kept(slow, ["OrderConfirmed inventory"]), slow, "slow", "Placed", "StockReserved");
            MustBeKept(await Kept(soldOut, []), soldOut, "cancelled", "Placed");
            Assert.Contains("kept order", await shop.Shop($"trace {declined} --json"));
            var paid = await PaidQuickly(token);
            // If this order had a trace, it would be complete when a later order's trace is.
            await Kept((await shop.Place(token, "SOLD-OUT")).OrderId, []);
            Assert.Null(await Find(paid));
        }
        finally
        {
            await RestartGateway();
        }
    }

    static void MustBeKept(Trace trace, Guid order, string reason, params string[] statuses)
    {
        var root = Assert.Single(trace.Spans, span => span.Parent is null);
        Assert.Equal(("kept order", "ordering"), (root.OperationName, trace.Processes[root.ProcessId].ServiceName));
        Assert.Contains(root.Tags, tag => tag.Key == "shop.trace.kept" && tag.Value.GetString() == reason);
        Assert.Contains(root.Tags, tag => tag.Key == "shop.order.id" && tag.Value.GetString() == $"{order}");
        var ids = trace.Spans.Select(span => span.SpanId).ToHashSet();
        Assert.All(trace.Spans, span => Assert.True(span == root || ids.Contains(span.Parent!), $"{span.OperationName} hangs on nothing."));
        Assert.Equal(
            statuses,
            trace.Spans.Where(span => span.Parent == root.SpanId && span.Tags.Any(tag => tag.Key == "shop.order.step"))
                .OrderBy(span => span.StartTime).Select(span => span.OperationName));
    }

    // On a busy machine any order may be a slow one.
    async Task<Guid> PaidQuickly(string token)
    {
        var paid = Guid.Empty;
        await ShopSystem.Until(
            async () =>
            {
                paid = (await shop.Place(token)).OrderId;
                Assert.Equal("Confirmed", (await shop.End(paid, token)).GetProperty("status").GetString());
                var times = (await Timeline(paid)).Select(step => step.GetProperty("at").GetDateTimeOffset()).ToArray();
                return times[^1] - times[0] < _quick;
            },
            120,
            () => "an order to be paid quickly");
        return paid;
    }

    // The wait lasts until the trace has all messages that followed.
    async Task<Trace> Kept(Guid order, string[] hops)
    {
        var trace = default(Trace);
        await ShopSystem.Until(
            async () => (trace = await Find(order)) is not null && TraceShape.Hops(trace).SequenceEqual(hops.Order(StringComparer.Ordinal)),
            60,
            () =>
                $"the kept trace of {order} with {string.Join(", ", hops)}; there is {(trace is null ? "none" : string.Join(", ", TraceShape.Hops(trace)))}");
        return trace!;
    }

    async Task<Trace?> Find(Guid order)
    {
        var trace = (await Timeline(order))[0].GetProperty("traceId").GetString();
        using var answer = await _http.GetAsync(
            $"http://127.0.0.1:{shop.Checkout.Ports.TraceViewer.Page}/api/traces/{trace}", TestContext.Current.CancellationToken);
        return answer.IsSuccessStatusCode
            && (await answer.Content.ReadFromJsonAsync<Answer>(JsonSerializerOptions.Web)) is { Data: [var found] } ? found : null;
    }

    async Task<JsonElement[]> Timeline(Guid order) =>
        [.. (await shop.Send(HttpMethod.Get, $"/orders/{order}/timeline", shop.Token("unsampled"))).Json.GetProperty("steps")
            .EnumerateArray()];

    // The first span of a trace decides whether it is sampled.
    async Task RestartGateway(params (string Key, string Value)[] settings)
    {
        await BackgroundProcess.Stop(shop.Find("gateway"), TimeSpan.FromSeconds(15));
        await shop.Shop("up", mayFail: false, settings);
    }

    sealed record Answer(IReadOnlyList<Trace> Data);
}

using System.Diagnostics;
using Shop.Launcher.Client.Traces;
using Shop.Support;
using Trace = Shop.Launcher.Client.Traces.Trace;

namespace Shop.EndToEnd.Tests;

/// <summary>A customer who traces requests and reads the traces afterwards.</summary>
sealed class TracedOrders(ShopSystem shop)
{
    /// <summary>A name that no other test has.</summary>
    public const string Customer = "xanthippe-the-traced";

    const string AskedAgain = "CompensationOverdue ordering";

    public TraceApi Viewer { get; } = new(new($"http://127.0.0.1:{shop.Checkout.Ports.TraceViewer.Page}"));

    public string Token => shop.Token(Customer);

    public async Task<(Guid Order, ActivityContext Client)> Place(
        string sku, string payment, ActivityTraceFlags flags = ActivityTraceFlags.Recorded)
    {
        var (answer, client) = await Send(
            HttpMethod.Post, "/orders", $$"""{"items":[{"sku":"{{sku}}","quantity":1}],"paymentMethod":"{{payment}}"}""", flags);
        return (answer.OrderId, client);
    }

    /// <summary>A request that is taken, in a trace of its own.</summary>
    public async Task<(Answer Answer, ActivityContext Client)> Send(
        HttpMethod method, string path, string? json = null, ActivityTraceFlags flags = ActivityTraceFlags.Recorded)
    {
        var client = new ActivityContext(ActivityTraceId.CreateRandom(), ActivitySpanId.CreateRandom(), flags);
        var answer = await shop.Send(method, path, Token, json, ("traceparent", $"00-{client.TraceId}-{client.SpanId}-0{(int)flags}"));
        Assert.Equal(202, answer.Status);
        return (answer, client);
    }

    /// <summary>
    /// An order's trace with all these messages. What happens after its end, such as the sale of its stock, belongs to
    /// it as well.
    /// </summary>
    public Task<Trace> Traced(Guid order, params string[] hops) =>
        Reached(() => Viewer.OfOrder(order, TestContext.Current.CancellationToken), hops);

    /// <summary>The trace of some other request, with all these messages.</summary>
    public Task<Trace> Traced(ActivityContext client, params string[] hops) =>
        Reached(() => Viewer.Find(client.TraceId.ToHexString(), TestContext.Current.CancellationToken), hops);

    static async Task<Trace> Reached(Func<Task<Trace>> find, string[] hops)
    {
        var (trace, seen) = (default(Trace), Array.Empty<string>());
        await ShopSystem.Until(
            async () =>
            {
                try
                {
                    trace = await find();
                }
                catch (Launcher.UserError)
                {
                    return false;
                }

                seen = TraceShape.Hops(trace);
                // Each process sends its spans in the background.
                return IsAsExpected(seen, hops) && TraceShape.IsConnected(trace);
            },
            60,
            () => $"the messages {string.Join(", ", hops.Order(StringComparer.Ordinal))}; there are {string.Join(", ", seen)}");
        return trace!;
    }

    // A compensation with a slow answer is asked for again, so there may be more messages of the same kinds.
    static bool IsAsExpected(string[] seen, string[] hops) => seen.Contains(AskedAgain)
        ? seen.Except([AskedAgain]).ToHashSet().SetEquals(hops)
        : seen.SequenceEqual(hops.Order(StringComparer.Ordinal));
}

using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;

namespace Shop.Traces.Tests;

/// <summary>The store keeps no more than its limits, however much is sent, and drops the oldest traces.</summary>
public sealed class ThroughputTests(ITestOutputHelper output)
{
    const int SpansMax = 20_000;
    const int SpansOfRequest = 1_000;
    const int SpansOfTrace = 50;
    const int Requests = 120;
    const int SendersAtOnce = 4;

    [Theory]
    [InlineData("gRPC")]
    [InlineData("HTTP with gzip")]
    public async Task Far_more_spans_than_the_limit_are_taken_and_the_oldest_dropped(string protocol)
    {
        using var viewer = new LiveViewer(new() { SpansMax = SpansMax });
        using var http = new HttpClient();
        var bodies = Enumerable.Range(0, Requests)
            .Select(request => protocol == "gRPC" ? Otlp.Frame(Request(request)) : Otlp.Pack(Request(request))).ToArray();
        var clock = Stopwatch.StartNew();

        await Parallel.ForEachAsync(bodies, new ParallelOptions { MaxDegreeOfParallelism = SendersAtOnce }, async (body, cancellation) =>
        {
            using var request = protocol == "gRPC" ? Grpc(viewer, body) : Gzip(viewer, body);
            using var answer = await http.SendAsync(request, cancellation);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            await answer.Content.ReadAsByteArrayAsync(cancellation);
            Assert.Equal("0", answer.TrailingHeaders.TryGetValues("grpc-status", out var status) ? status.Single() : "0");
        });

        var rate = Requests * SpansOfRequest / clock.Elapsed.TotalSeconds;
        output.WriteLine($"{protocol}: {rate:N0} spans/s");
        var state = viewer.Store.State;
        Assert.Equal(Requests * SpansOfRequest, state.Received);
        Assert.Equal((SpansMax, SpansMax / SpansOfTrace), (state.Spans, state.Traces));
        Assert.Equal(state.Received - SpansMax, state.Dropped);
        // The senders overtake each other by a few requests, not by twenty.
        Assert.Empty(viewer.Store.Find(UInt128.Parse(TraceId(0, 0), NumberStyles.HexNumber, null)));
        Assert.Equal(SpansOfTrace, viewer.Store.Find(UInt128.Parse(TraceId(Requests - 1, 0), NumberStyles.HexNumber, null)).Count);
    }

    static HttpRequestMessage Grpc(LiveViewer viewer, byte[] body) =>
        new(HttpMethod.Post, new Uri(viewer.Grpc, "/opentelemetry.proto.collector.trace.v1.TraceService/Export"))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(body) { Headers = { ContentType = new MediaTypeHeaderValue("application/grpc") } },
            Headers = { { "te", "trailers" } },
        };

    static HttpRequestMessage Gzip(LiveViewer viewer, byte[] body) => new(HttpMethod.Post, new Uri(viewer.Http, "/v1/traces"))
    {
        Content = new ByteArrayContent(body)
        {
            Headers = { ContentType = new MediaTypeHeaderValue("application/x-protobuf"), ContentEncoding = { "gzip" } }
        },
    };

    // Spans like those of a service of the shop, with attributes of a statement.
    internal static byte[] Request(int request) => Otlp.Of("ordering", [.. Enumerable.Range(0, SpansOfRequest).Select(span => Otlp.Span(
        traceId: Convert.FromHexString(TraceId(request, span / SpansOfTrace)),
        spanId: Convert.FromHexString($"{(request * SpansOfRequest) + span + 1:x16}"),
        name: "update orders",
        start: 1_700_000_000_000_000_000 + (request * 1_000_000L) + span,
        end: 1_700_000_000_000_000_000 + (request * 1_000_000L) + span + 500,
        extra: Otlp.Concat(
            Otlp.Parent([1, 2, 3, 4, 5, 6, 7, 8]),
            Otlp.Kind(3),
            Otlp.Attribute("shop.order.id", $"{request:x8}-{span:x4}-7000-8000-0123456789ab"),
            Otlp.Attribute("db.system.name", "postgresql"),
            Otlp.Attribute("db.namespace", "ordering"),
            Otlp.Attribute(
                "db.query.text",
                "update ordering.orders set status = @p0, version = @p1 where order_id = @p2 and xmin = @p3 returning xmin"),
            Otlp.Attribute("server.address", "127.0.0.1"),
            Otlp.Attribute("messaging.message.id", $"{span:x8}-{request:x4}-4000-8000-0123456789ab"))))]);

    static string TraceId(int request, int trace) => $"{(request * SpansOfRequest) + trace + 1:x32}";
}

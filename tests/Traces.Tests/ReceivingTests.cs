using System.Diagnostics;
using System.Net;
using OpenTelemetry.Exporter;

namespace Shop.Traces.Tests;

/// <summary>Everything that OpenTelemetry's exporter sends is stored completely. An unreadable request is refused without harm.</summary>
public sealed class ReceivingTests : IDisposable
{
    readonly ViewerScenario _viewer = new();

    public void Dispose() => _viewer.Dispose();

    [Theory]
    [InlineData(OtlpExportProtocol.HttpProtobuf)]
#pragma warning disable CS0618 // Obsolete only where HTTP/2 needs settings; here it does not.
    [InlineData(OtlpExportProtocol.Grpc)]
#pragma warning restore CS0618
    public async Task Spans_arrive_whole(OtlpExportProtocol protocol)
    {
        var other = new ActivityContext(ActivityTraceId.CreateRandom(), ActivitySpanId.CreateRandom(), ActivityTraceFlags.Recorded);
        _viewer.Export(protocol, () =>
        {
            using var parent = _viewer.Source.StartActivity("POST /orders", ActivityKind.Server)!;
            using var child = _viewer.Source.StartActivity("publish", ActivityKind.Producer, parent.Context, links: [new(other)])!;
            child.SetTag("text", "a").SetTag("number", 7).SetTag("share", 0.5).SetTag("yes", true).SetTag("list", new[] { "x", "y" });
            child.AddEvent(new("returned", tags: new() { ["reason"] = "no queue" }));
            child.SetStatus(ActivityStatusCode.Error, "refused");
        });

        var trace = Assert.Single(await _viewer.Traces());
        var spans = trace.GetProperty("spans").EnumerateArray().ToDictionary(span => span.GetProperty("operationName").GetString()!);
        var (server, producer) = (spans["POST /orders"], spans["publish"]);
        Assert.Equal("ordering", trace.GetProperty("processes")
            .GetProperty(producer.GetProperty("processID").GetString()!).GetProperty("serviceName").GetString());
        Assert.Equal(
            [("CHILD_OF", server.GetProperty("spanID").GetString()), ("FOLLOWS_FROM", other.SpanId.ToHexString())],
            producer.GetProperty("references").EnumerateArray().Select(
                one => (one.GetProperty("refType").GetString()!, one.GetProperty("spanID").GetString())));
        var tags = producer.GetProperty("tags").EnumerateArray().ToDictionary(
            tag => tag.GetProperty("key").GetString()!, tag => tag.GetProperty("value").ToString());
        Assert.Equal(
            ("a", "7", "0.5", "True", """["x","y"]""", "producer", "ERROR", "refused"),
            (tags["text"], tags["number"], tags["share"], tags["yes"], tags["list"],
                tags["span.kind"], tags["otel.status_code"], tags["otel.status_description"]));
        Assert.Contains("no queue", Assert.Single(producer.GetProperty("logs").EnumerateArray()).GetRawText(), StringComparison.Ordinal);
        Assert.True(producer.GetProperty("startTime").GetInt64() >= server.GetProperty("startTime").GetInt64());
    }

    [Fact]
    public async Task What_is_sent_twice_is_there_once()
    {
        var body = Otlp.Request(Otlp.Span());

        await _viewer.Post(body);
        await _viewer.Post(body);

        Assert.Equal(1, Assert.Single(await _viewer.Traces()).GetProperty("spans").GetArrayLength());
    }

    [Fact]
    public async Task Packed_bodies_are_unpacked()
    {
        var answer = await _viewer.Post(Otlp.Pack(Otlp.Request(Otlp.Span())), encoding: "gzip");

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Single(await _viewer.Traces());
    }

    [Theory]
    [InlineData("/v1/metrics")]
    [InlineData("/v1/logs")]
    public async Task Metrics_and_logs_are_taken_and_not_kept(string path)
    {
        Assert.Equal(HttpStatusCode.OK, (await _viewer.Post([], path: path)).StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, (await _viewer.Post("garbage"u8.ToArray(), path: path)).StatusCode);
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, (await _viewer.Post([], "text/plain", path: path)).StatusCode);
    }

    [Fact]
    public async Task What_is_more_than_a_span_needs_is_left_out()
    {
        var events = Otlp.Concat([.. Enumerable.Repeat(Otlp.EmptyEvent, 10_000)]);
        var attributes = Otlp.Concat([.. Enumerable.Range(0, 1_000).Select(number => Otlp.Attribute($"key{number}", "value"))]);

        await _viewer.Post(Otlp.Request(
            Otlp.Span(extra: Otlp.Concat(Otlp.Attribute("long", new string('x', 100_000)), Otlp.List(100_000), events, attributes))));

        var span = Assert.Single(await _viewer.Traces()).GetProperty("spans")[0];
        var tags = span.GetProperty("tags").EnumerateArray().ToDictionary(
            tag => tag.GetProperty("key").GetString()!, tag => tag.GetProperty("value"));
        Assert.Equal((256, 256), (span.GetProperty("logs").GetArrayLength(), tags.Count));
        Assert.Equal(8_001, tags["long"].GetString()!.Length);
        Assert.Equal($"[{string.Join(',', Enumerable.Repeat("null", 1_000))}]", tags["list"].GetString());
    }
}

using System.Diagnostics;
using System.IO.Compression;
using System.Net;
using System.Text.Json;
using OpenTelemetry.Exporter;

namespace Shop.Traces.Tests;

/// <summary>What OpenTelemetry's exporter sends is there, whole; what nobody could read is refused, and harms nothing.</summary>
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
        Assert.Equal("ordering", trace.GetProperty("processes").GetProperty(producer.GetProperty("processID").GetString()!).GetProperty("serviceName").GetString());
        Assert.Equal(
            [("CHILD_OF", server.GetProperty("spanID").GetString()), ("FOLLOWS_FROM", other.SpanId.ToHexString())],
            producer.GetProperty("references").EnumerateArray().Select(one => (one.GetProperty("refType").GetString()!, one.GetProperty("spanID").GetString())));
        var tags = producer.GetProperty("tags").EnumerateArray().ToDictionary(tag => tag.GetProperty("key").GetString()!, tag => tag.GetProperty("value").ToString());
        Assert.Equal(
            ("a", "7", "0.5", "True", """["x","y"]""", "producer", "ERROR", "refused"),
            (tags["text"], tags["number"], tags["share"], tags["yes"], tags["list"], tags["span.kind"], tags["otel.status_code"], tags["otel.status_description"]));
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
        var answer = await _viewer.Post(Pack(Otlp.Request(Otlp.Span())), encoding: "gzip");

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Single(await _viewer.Traces());
    }

    [Fact]
    public async Task Metrics_are_taken_and_not_kept()
    {
        using var content = new ByteArrayContent([]);

        Assert.Equal(HttpStatusCode.OK, (await _viewer.Http.PostAsync("/v1/metrics", content, ViewerScenario.Cancellation)).StatusCode);
    }

    public static TheoryData<string, byte[], string, string?, HttpStatusCode> Broken => new()
    {
        { "no protobuf", "garbage"u8.ToArray(), "application/x-protobuf", null, HttpStatusCode.BadRequest },
        { "cut off", Otlp.Request(Otlp.Span())[..^3], "application/x-protobuf", null, HttpStatusCode.BadRequest },
        { "a short id", Otlp.Request(Otlp.Span(traceId: [1, 2, 3])), "application/x-protobuf", null, HttpStatusCode.BadRequest },
        { "no id", Otlp.Request(Otlp.Span(spanId: [])), "application/x-protobuf", null, HttpStatusCode.BadRequest },
        { "a number as a name", Otlp.Request(Otlp.Span(extra: Otlp.Number(5, 1))), "application/x-protobuf", null, HttpStatusCode.BadRequest },
        { "lists in lists in lists", Otlp.Request(Otlp.Span(extra: Otlp.Nested(depth: 5_000))), "application/x-protobuf", null, HttpStatusCode.BadRequest },
        { "JSON", "{}"u8.ToArray(), "application/json", null, HttpStatusCode.UnsupportedMediaType },
        { "no gzip", "garbage"u8.ToArray(), "application/x-protobuf", "gzip", HttpStatusCode.BadRequest },
        { "a bomb", Pack(new byte[100_000_000]), "application/x-protobuf", "gzip", HttpStatusCode.RequestEntityTooLarge },
    };

    [Theory]
    [MemberData(nameof(Broken))]
    public async Task What_cannot_be_read_is_refused_and_harms_nothing(string what, byte[] body, string type, string? encoding, HttpStatusCode expected)
    {
        var answer = await _viewer.Post(body, type, encoding);

        Assert.Equal((what, expected), (what, answer.StatusCode));
        Assert.DoesNotContain(" at Shop.", await answer.Content.ReadAsStringAsync(ViewerScenario.Cancellation), StringComparison.Ordinal);
        Assert.Empty(await _viewer.Traces());
        Assert.Equal(HttpStatusCode.OK, (await _viewer.Post(Otlp.Request(Otlp.Span()))).StatusCode);
        Assert.Single(await _viewer.Traces());
    }

    [Fact]
    public async Task Noise_is_refused_or_ignored_but_never_an_error_of_ours()
    {
        var random = new Random(1);
        for (var round = 0; round < 500; round++)
        {
            // Half of it is noise, half a good request with some bytes changed.
            var body = round % 2 == 0 ? new byte[random.Next(200)] : Otlp.Request(Otlp.Span());
            for (var change = 0; change < (round % 2 == 0 ? body.Length : 3); change++)
            {
                body[random.Next(body.Length)] = (byte)random.Next(256);
            }

            Assert.InRange((int)(await _viewer.Post(body)).StatusCode, 200, 499);
        }

        Assert.Equal(JsonValueKind.Array, (await _viewer.Ask("/api/traces?limit=1000")).GetProperty("data").ValueKind);
    }

    static byte[] Pack(byte[] body)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest))
        {
            gzip.Write(body);
        }

        return packed.ToArray();
    }
}

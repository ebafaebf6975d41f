using System.Net;
using System.Text.Json;
using CsCheck;

namespace Shop.Traces.Tests;

/// <summary>Requests that are unreadable or too large are refused without harm.</summary>
public sealed class HostileTests : IDisposable
{
    const string Protobuf = "application/x-protobuf";

    readonly ViewerScenario _viewer = new();

    public void Dispose() => _viewer.Dispose();

    public static TheoryData<string, byte[], string, string?, HttpStatusCode> Broken => new()
    {
        { "no protobuf", "garbage"u8.ToArray(), Protobuf, null, HttpStatusCode.BadRequest },
        { "cut off", Otlp.Request(Otlp.Span())[..^3], Protobuf, null, HttpStatusCode.BadRequest },
        { "a short id", Otlp.Request(Otlp.Span(traceId: [1, 2, 3])), Protobuf, null, HttpStatusCode.BadRequest },
        { "a long id", Otlp.Request(Otlp.Span(spanId: [1, 2, 3, 4, 5, 6, 7, 8, 9])), Protobuf, null, HttpStatusCode.BadRequest },
        { "no id", Otlp.Request(Otlp.Span(spanId: [])), Protobuf, null, HttpStatusCode.BadRequest },
        { "an id of zeros", Otlp.Request(Otlp.Span(traceId: new byte[16])), Protobuf, null, HttpStatusCode.BadRequest },
        { "a number as a name", Otlp.Request(Otlp.Span(extra: Otlp.Number(5, 1))), Protobuf, null, HttpStatusCode.BadRequest },
        { "a time before 1970", Otlp.Request(Otlp.Span(start: -1)), Protobuf, null, HttpStatusCode.BadRequest },
        { "an end before 1970", Otlp.Request(Otlp.Span(end: long.MinValue)), Protobuf, null, HttpStatusCode.BadRequest },
        { "a length without end", Otlp.Endless(1), Protobuf, null, HttpStatusCode.BadRequest },
        { "a name without end", Otlp.Request(Otlp.Span(extra: Otlp.Endless(5))), Protobuf, null, HttpStatusCode.BadRequest },
        { "lists in lists in lists", Otlp.Request(Otlp.Span(extra: Otlp.Nested(depth: 5_000))), Protobuf, null, HttpStatusCode.BadRequest },
        { "groups in groups in groups", [.. Enumerable.Repeat((byte)0x7b, 100_000)], Protobuf, null, HttpStatusCode.BadRequest },
        { "JSON", "{}"u8.ToArray(), "application/json", null, HttpStatusCode.UnsupportedMediaType },
        { "JSON that says it is protobuf", """{"resourceSpans":[]}"""u8.ToArray(), Protobuf, null, HttpStatusCode.BadRequest },
        { "no content type", Otlp.Request(Otlp.Span()), "", null, HttpStatusCode.UnsupportedMediaType },
        { "no gzip", "garbage"u8.ToArray(), Protobuf, "gzip", HttpStatusCode.BadRequest },
        { "gzip cut off", Otlp.Pack(Otlp.Request(Otlp.Span()))[..^12], Protobuf, "gzip", HttpStatusCode.BadRequest },
        { "another packing", Otlp.Request(Otlp.Span()), Protobuf, "zstd", HttpStatusCode.UnsupportedMediaType },
        { "a bomb", Otlp.Pack(new byte[100_000_000]), Protobuf, "gzip", HttpStatusCode.RequestEntityTooLarge },
        { "too large", new byte[16_000_001], Protobuf, null, HttpStatusCode.RequestEntityTooLarge },
        { "too many spans", Otlp.Request(
            [.. Enumerable.Repeat(Otlp.Span(), 20_001)]), Protobuf, null, HttpStatusCode.RequestEntityTooLarge },
    };

    [Theory]
    [MemberData(nameof(Broken))]
    public async Task What_cannot_be_read_is_refused_and_harms_nothing(
        string what, byte[] body, string type, string? encoding, HttpStatusCode expected)
    {
        var answer = await _viewer.Post(body, type, encoding);

        Assert.Equal((what, expected), (what, answer.StatusCode));
        Assert.DoesNotContain(" at Shop.", await answer.Content.ReadAsStringAsync(ViewerScenario.Cancellation), StringComparison.Ordinal);
        await MustStillWork();
    }

    public static TheoryData<string, byte[], string> BrokenFrames => new()
    {
        { "no protobuf", Otlp.Frame("garbage"u8.ToArray()), "3" },
        { "cut off", Otlp.Frame(Otlp.Request(Otlp.Span())[..^3]), "3" },
        { "a short id", Otlp.Frame(Otlp.Request(Otlp.Span(spanId: [1]))), "3" },
        { "lists in lists in lists", Otlp.Frame(Otlp.Request(Otlp.Span(extra: Otlp.Nested(depth: 5_000)))), "3" },
        { "a bomb", Otlp.Frame(Otlp.Pack(new byte[100_000_000]), isPacked: true), "8" },
        { "a length without end", [0, 0x7f, 0xff, 0xff, 0xff, 1], "8" },
        { "too many spans", Otlp.Frame(Otlp.Request([.. Enumerable.Repeat(Otlp.Span(), 20_001)])), "8" },
        { "a frame cut off", Otlp.Frame(Otlp.Request(Otlp.Span()))[..^3], "13" },
        { "no gzip", Otlp.Frame("garbage"u8.ToArray(), isPacked: true), "3" },
    };

    /// <summary>
    /// 3 is INVALID_ARGUMENT, 8 RESOURCE_EXHAUSTED, 13 INTERNAL, which is what gRPC itself says of frames that make no
    /// sense.
    /// </summary>
    [Theory]
    [MemberData(nameof(BrokenFrames))]
    public async Task What_cannot_be_read_by_gRPC_is_refused_as_well(string what, byte[] frames, string expected)
    {
        Assert.Equal((what, expected), (what, await _viewer.Call(frames)));
        await MustStillWork();
        Assert.Equal("0", await _viewer.Call(Otlp.Frame(Otlp.Request(Otlp.Span()))));
    }

    [Fact]
    public async Task Fields_that_are_not_known_yet_are_skipped()
    {
        var unknown = Otlp.Concat(Otlp.Number(900, 7), Otlp.Field(901, "new"u8.ToArray()));

        Assert.Equal(HttpStatusCode.OK, (await _viewer.Post(Otlp.Concat(Otlp.Request(Otlp.Span(extra: unknown)), unknown))).StatusCode);
        Assert.Equal("work", Assert.Single(await _viewer.Traces()).GetProperty("spans")[0].GetProperty("operationName").GetString());
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public async Task Numbers_that_JSON_has_not_are_shown_as_text(double number)
    {
        var numbers = Otlp.Concat(Otlp.Attribute("n", number), Otlp.ListOf("list", number));
        Assert.Equal(HttpStatusCode.OK, (await _viewer.Post(Otlp.Request(Otlp.Span(extra: numbers)))).StatusCode);

        var tags = Assert.Single(await _viewer.Traces()).GetProperty("spans")[0].GetProperty("tags");
        Assert.Equal(
            ($"{number}", $"[\"{number}\"]"), (tags[0].GetProperty("value").GetString(), tags[1].GetProperty("value").GetString()));
    }

    /// <summary>Good requests, changed a little: cut off, bytes replaced, doubled or put elsewhere.</summary>
    static readonly Gen<byte[]> _almostValid = Gen.Select(
        Gen.Int[0, 5],
        Gen.Select(Gen.Double, Gen.Byte).Array[0, 6],
        Gen.Double[0.2, 1.5],
        (shape, changes, length) =>
        {
            var good = Otlp.Of("ordering", Otlp.Span(extra: Otlp.Concat(
                Otlp.Attribute("text", "välue"), Otlp.Attribute(
                    "n", double.NaN), Otlp.Nested(shape), Otlp.List(3), Otlp.EmptyEvent, Otlp.Failed("why"),
                Otlp.Link(new byte[16], [1, 2, 3, 4, 5, 6, 7, 8]))));
            var body = good[..(int)(good.Length * Math.Min(length, 1))];
            foreach (var (place, value) in changes)
            {
                body[(int)(Math.Abs(place) % 1 * body.Length)] = value;
            }

            return length > 1.3 ? [.. body, .. body] : body;
        });

    [Fact]
    public async Task Noise_is_refused_or_ignored_but_never_an_error_of_ours()
    {
        await Gen.OneOf(_almostValid, Gen.Byte.Array[0, 300]).SampleAsync(
            async body => (int)(await _viewer.Post(body)).StatusCode is 200 or 400,
            seed: "0N0XIzNsQ0O2",
            iter: 3_000,
            threads: 1);

        // Spans that were accepted can be shown.
        Assert.Equal(JsonValueKind.Array, (await _viewer.Ask("/api/traces?limit=1000")).GetProperty("data").ValueKind);
        await MustStillWork();
    }

    async Task MustStillWork()
    {
        var id = Guid.NewGuid().ToByteArray();
        Assert.Equal(HttpStatusCode.OK, (await _viewer.Post(Otlp.Request(Otlp.Span(traceId: id)))).StatusCode);
        Assert.Equal(1, (await _viewer.Ask($"/api/traces/{Convert.ToHexStringLower(id)}")).GetProperty("data")[0].GetProperty("spans")
            .GetArrayLength());
    }
}

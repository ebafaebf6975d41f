using System.IO.Compression;
using Google.Protobuf;

namespace Shop.Traces.Tests;

/// <summary>Requests of the OpenTelemetry protocol by hand, so that they can be wrong.</summary>
static class Otlp
{
    /// <summary>ExportTraceServiceRequest { ResourceSpans { ScopeSpans { Span … } } }.</summary>
    public static byte[] Request(params byte[][] spans) => Of("", spans);

    /// <summary>A request with spans of one service.</summary>
    public static byte[] Of(string service, params byte[][] spans) => Field(1, Concat(
        service is "" ? [] : Field(1, Field(1, Pair("service.name", Field(1, Utf8(service))))),
        Field(2, Concat([.. spans.Select(span => Field(2, span))]))));

    public static byte[] Span(
        byte[]? traceId = null,
        byte[]? spanId = null,
        string name = "work",
        long start = 1_000,
        long end = 2_000,
        byte[]? extra = null) => Concat(
        Field(1, traceId ?? [.. Enumerable.Range(1, 16).Select(number => (byte)number)]),
        Field(2, spanId ?? [1, 2, 3, 4, 5, 6, 7, 8]),
        Field(5, Utf8(name)),
        Fixed(7, start),
        Fixed(8, end),
        extra ?? []);

    public static byte[] Parent(byte[] spanId) => Field(4, spanId);

    public static byte[] Kind(int kind) => Number(6, kind);

    public static byte[] Link(byte[] traceId, byte[] spanId) => Field(13, Concat(Field(1, traceId), Field(2, spanId)));

    /// <summary>An event without anything in it.</summary>
    public static byte[] EmptyEvent => Field(11, []);

    public static byte[] Failed(string why) => Field(15, Concat(Field(2, Utf8(why)), Number(3, 2)));

    /// <summary>An attribute of text.</summary>
    public static byte[] Attribute(string key, string value) => Field(9, Pair(key, Field(1, Utf8(value))));

    public static byte[] Attribute(string key, double value) => Field(9, Pair(key, Fixed(4, BitConverter.DoubleToInt64Bits(value))));

    /// <summary>An attribute that is a list of one number.</summary>
    public static byte[] ListOf(string key, double value) =>
        Field(9, Pair(key, Field(5, Field(1, Fixed(4, BitConverter.DoubleToInt64Bits(value))))));

    /// <summary>An attribute that is a list of so many empty items.</summary>
    public static byte[] List(int items) => Field(9, Pair("list", Field(5, Concat([.. Enumerable.Repeat(Field(1, []), items)]))));

    /// <summary>An attribute that is a list in a list in a list …</summary>
    public static byte[] Nested(int depth)
    {
        var value = Number(3, 1);
        for (var level = 0; level < depth; level++)
        {
            value = Field(5, Field(1, value));
        }

        return Field(9, Pair("deep", value));
    }

    public static byte[] Number(int field, long value) => Write(output =>
    {
        output.WriteTag(field, WireFormat.WireType.Varint);
        output.WriteInt64(value);
    });

    /// <summary>A field that says it is longer than anything that follows.</summary>
    public static byte[] Endless(int field) => Write(output =>
    {
        output.WriteTag(field, WireFormat.WireType.LengthDelimited);
        output.WriteLength(int.MaxValue);
    });

    /// <summary>A message as gRPC frames it.</summary>
    public static byte[] Frame(byte[] message, bool isPacked = false)
    {
        var frame = new byte[message.Length + 5];
        frame[0] = isPacked ? (byte)1 : (byte)0;
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), message.Length);
        message.CopyTo(frame, 5);
        return frame;
    }

    public static byte[] Pack(byte[] body)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest))
        {
            gzip.Write(body);
        }

        return packed.ToArray();
    }

    public static byte[] Concat(params byte[][] parts)
    {
        var all = new byte[parts.Sum(part => part.Length)];
        var at = 0;
        foreach (var part in parts)
        {
            part.CopyTo(all, at);
            at += part.Length;
        }

        return all;
    }

    static byte[] Pair(string key, byte[] value) => Concat(Field(1, Utf8(key)), Field(2, value));

    static byte[] Utf8(string text) => System.Text.Encoding.UTF8.GetBytes(text);

    static byte[] Fixed(int field, long value) => Write(output =>
    {
        output.WriteTag(field, WireFormat.WireType.Fixed64);
        output.WriteSFixed64(value);
    });

    public static byte[] Field(int field, byte[] body) => Write(output =>
    {
        output.WriteTag(field, WireFormat.WireType.LengthDelimited);
        output.WriteBytes(ByteString.CopyFrom(body));
    });

    static byte[] Write(Action<CodedOutputStream> write)
    {
        using var bytes = new MemoryStream();
        using (var output = new CodedOutputStream(bytes, leaveOpen: true))
        {
            write(output);
        }

        return bytes.ToArray();
    }
}

using Google.Protobuf;

namespace Shop.Traces.Tests;

/// <summary>Requests of the OpenTelemetry protocol by hand, so that they can be wrong.</summary>
static class Otlp
{
    /// <summary>ExportTraceServiceRequest { ResourceSpans { ScopeSpans { Span … } } }.</summary>
    public static byte[] Request(params byte[][] spans) => Field(1, Field(2, Concat([.. spans.Select(span => Field(2, span))])));

    public static byte[] Span(byte[]? traceId = null, byte[]? spanId = null, string name = "work", long start = 1_000, long end = 2_000, byte[]? extra = null) => Concat(
        Field(1, traceId ?? [.. Enumerable.Range(1, 16).Select(number => (byte)number)]),
        Field(2, spanId ?? [1, 2, 3, 4, 5, 6, 7, 8]),
        Field(5, System.Text.Encoding.UTF8.GetBytes(name)),
        Fixed(7, start),
        Fixed(8, end),
        extra ?? []);

    /// <summary>An attribute of text.</summary>
    public static byte[] Attribute(string key, string value) => Field(9, Concat(
        Field(1, System.Text.Encoding.UTF8.GetBytes(key)), Field(2, Field(1, System.Text.Encoding.UTF8.GetBytes(value)))));

    /// <summary>An attribute that is a list in a list in a list …</summary>
    public static byte[] Nested(int depth)
    {
        var value = Number(3, 1);
        for (var level = 0; level < depth; level++)
        {
            value = Field(5, Field(1, value));
        }

        return Field(9, Concat(Field(1, "deep"u8.ToArray()), Field(2, value)));
    }

    public static byte[] Number(int field, long value) => Write(output =>
    {
        output.WriteTag(field, WireFormat.WireType.Varint);
        output.WriteInt64(value);
    });

    static byte[] Fixed(int field, long value) => Write(output =>
    {
        output.WriteTag(field, WireFormat.WireType.Fixed64);
        output.WriteSFixed64(value);
    });

    static byte[] Field(int field, byte[] body) => Write(output =>
    {
        output.WriteTag(field, WireFormat.WireType.LengthDelimited);
        output.WriteBytes(ByteString.CopyFrom(body));
    });

    static byte[] Concat(params byte[][] parts) => [.. parts.SelectMany(part => part)];

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

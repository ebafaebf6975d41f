using Google.Protobuf;

namespace Shop.Traces.Receiving;

/// <summary>A protobuf message, field by field.</summary>
static class OtlpMessage
{
    public static void Each(ByteString message, Action<int, FieldBody> read)
    {
        var input = message.CreateCodedInput();
        while (input.ReadTag() is not 0 and var tag)
        {
            var body = new FieldBody(input, tag);
            read(WireFormat.GetTagFieldNumber(tag), body);
            body.SkipIfUnread();
        }
    }
}

/// <summary>Bytes that follow the format and break a rule of OTLP's, or of ours.</summary>
sealed class InvalidOtlpException(string message) : Exception(message)
{
    /// <summary>True for a request that is fine, and too large.</summary>
    public bool IsTooMuch { get; init; }
}

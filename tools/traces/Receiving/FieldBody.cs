using Google.Protobuf;

namespace Shop.Traces.Receiving;

/// <summary>What a field of a message holds: read once, as what it should be, or skipped.</summary>
sealed class FieldBody(CodedInputStream input, uint tag)
{
    bool _isRead;

    public ByteString Message() => Take(WireFormat.WireType.LengthDelimited, input.ReadBytes);

    public string Text() => Cut(Take(WireFormat.WireType.LengthDelimited, input.ReadString));

    public long Number() => Take(WireFormat.WireType.Varint, input.ReadInt64);

    public long Fixed() => Take(WireFormat.WireType.Fixed64, input.ReadSFixed64);

    /// <summary>Nanoseconds since 1970. Half of the numbers are more than any clock's: they are negative here.</summary>
    /// <exception cref="InvalidOtlpException">It is such a one.</exception>
    public long Time() => Fixed() is >= 0 and var time ? time : throw new InvalidOtlpException("A time lies after the year 2262.");

    /// <returns>Empty for an id that is left out or all zeros.</returns>
    /// <exception cref="InvalidOtlpException">It has another length.</exception>
    public string Hex(int length)
    {
        var bytes = Message();
        return bytes.IsEmpty || !bytes.Span.ContainsAnyExcept((byte)0) ? ""
            : bytes.Length == length ? Convert.ToHexStringLower(bytes.Span)
            : throw new InvalidOtlpException($"An id has {bytes.Length} bytes and should have {length}.");
    }

    /// <summary>What is kept of a text.</summary>
    public static string Cut(string text) => text.Length <= OtlpLimits.TextMax ? text
        // Not in the middle of a character.
        : text[..(OtlpLimits.TextMax - (char.IsHighSurrogate(text[OtlpLimits.TextMax - 1]) ? 1 : 0))] + "…";

    public void SkipIfUnread()
    {
        if (!_isRead)
        {
            input.SkipLastField();
        }
    }

    T Take<T>(WireFormat.WireType expected, Func<T> read)
    {
        if (WireFormat.GetTagWireType(tag) != expected)
        {
            throw new InvalidOtlpException($"Field {WireFormat.GetTagFieldNumber(tag)} is a {WireFormat.GetTagWireType(tag)} and should be a {expected}.");
        }

        _isRead = true;
        return read();
    }
}

using System.Buffers.Binary;
using System.Text;

namespace Shop.Traces.Receiving;

/// <summary>
/// Reads a protobuf message where it lies, field by field (https://protobuf.dev/programming-guides/encoding). Google's reader copies each
/// nested message and makes a string of each text. With some twenty of them in a span, that would be most of the cost.
/// </summary>
ref struct MessageReader(ReadOnlySpan<byte> message)
{
    const int LongestVarint = 10;

    ReadOnlySpan<byte> _rest = message;
    WireType _type;
    ulong _number;
    ReadOnlySpan<byte> _bytes;

    enum WireType
    {
        Varint = 0,
        Fixed64 = 1,
        LengthDelimited = 2,
        Fixed32 = 5,
    }

    /// <summary>The number of the field that was read last.</summary>
    public int Field { get; private set; }

    /// <exception cref="InvalidOtlpException">These bytes are no message.</exception>
    public static void Check(ReadOnlySpan<byte> message)
    {
        for (var fields = new MessageReader(message); fields.Next();)
        {
        }
    }

    /// <summary>Goes to the next field, also if the last one was not read.</summary>
    /// <returns>False at the end of the message.</returns>
    /// <exception cref="InvalidOtlpException">What follows is no field.</exception>
    public bool Next()
    {
        if (_rest.IsEmpty)
        {
            return false;
        }

        var tag = Varint();
        Field = tag is >= 8 and <= uint.MaxValue ? (int)(tag >> 3) : throw new InvalidOtlpException("A field has no number.");
        _type = (WireType)(tag & 7);
        switch (_type)
        {
            case WireType.Varint:
                _number = Varint();
                break;
            case WireType.Fixed64:
                _number = BinaryPrimitives.ReadUInt64LittleEndian(Take(sizeof(ulong)));
                break;
            case WireType.LengthDelimited:
                _bytes = Take(Varint());
                break;
            case WireType.Fixed32:
                Take(sizeof(uint));
                break;
            default:
                throw new InvalidOtlpException($"Field {Field} is a group or of an unknown type, and OTLP has none.");
        }

        return true;
    }

    public readonly ReadOnlySpan<byte> Bytes()
    {
        Expect(WireType.LengthDelimited);
        return _bytes;
    }

    public readonly MessageReader Message() => new(Bytes());

    /// <summary>A text that is likely to come again.</summary>
    public readonly string SharedText() => SharedTexts.Of(Bytes());

    public readonly string Text() => Cut(Encoding.UTF8.GetString(Bytes()));

    public readonly long Number()
    {
        Expect(WireType.Varint);
        return (long)_number;
    }

    public readonly long Fixed()
    {
        Expect(WireType.Fixed64);
        return (long)_number;
    }

    /// <summary>Nanoseconds since 1970. Numbers in the upper half of the range are later than any clock: they are negative here.</summary>
    /// <exception cref="InvalidOtlpException">It is such a one.</exception>
    public readonly long Time() => Fixed() is >= 0 and var time ? time : throw new InvalidOtlpException("A time lies after the year 2262.");

    /// <returns>0 for an id that is left out or all zeros.</returns>
    /// <exception cref="InvalidOtlpException">It has not 16 bytes.</exception>
    public readonly UInt128 TraceId() => Id(16) is { IsEmpty: false } bytes ? BinaryPrimitives.ReadUInt128BigEndian(bytes) : 0;

    /// <returns>0 for an id that is left out or all zeros.</returns>
    /// <exception cref="InvalidOtlpException">It has not 8 bytes.</exception>
    public readonly ulong SpanId() => Id(8) is { IsEmpty: false } bytes ? BinaryPrimitives.ReadUInt64BigEndian(bytes) : 0;

    /// <summary>What is kept of a text.</summary>
    public static string Cut(string text) => text.Length <= OtlpLimits.TextMax ? text
        // The cut is not in the middle of a character.
        : text[..(OtlpLimits.TextMax - (char.IsHighSurrogate(text[OtlpLimits.TextMax - 1]) ? 1 : 0))] + "…";

    readonly ReadOnlySpan<byte> Id(int length)
    {
        var bytes = Bytes();
        return !bytes.ContainsAnyExcept((byte)0) ? []
            : bytes.Length == length ? bytes
            : throw new InvalidOtlpException($"An id has {bytes.Length} bytes and should have {length}.");
    }

    readonly void Expect(WireType expected)
    {
        if (_type != expected)
        {
            throw new InvalidOtlpException($"Field {Field} is a {_type} and should be a {expected}.");
        }
    }

    ulong Varint()
    {
        var value = 0UL;
        for (var length = 0; length < LongestVarint && length < _rest.Length; length++)
        {
            var part = _rest[length];
            value |= (ulong)(part & 0x7f) << (7 * length);
            if (part < 0x80)
            {
                _rest = _rest[(length + 1)..];
                return value;
            }
        }

        throw new InvalidOtlpException("A number does not end.");
    }

    ReadOnlySpan<byte> Take(ulong length)
    {
        if (length > (ulong)_rest.Length)
        {
            throw new InvalidOtlpException("The message ends in the middle of a field.");
        }

        var taken = _rest[..(int)length];
        _rest = _rest[(int)length..];
        return taken;
    }
}

using System.Collections.Concurrent;
using System.Text;

namespace Shop.Traces.Receiving;

/// <summary>Frequent texts are kept once. After the limit, new texts are kept as often as they come.</summary>
static class SharedTexts
{
    const int TextsMax = 20_000;
    const int BytesMax = 500;

    static readonly ConcurrentDictionary<string, string> _texts = new(StringComparer.Ordinal);
    static readonly ConcurrentDictionary<string, string>.AlternateLookup<ReadOnlySpan<char>> _known =
        _texts.GetAlternateLookup<ReadOnlySpan<char>>();

    // A count of our own: the dictionary's count takes all of its locks, and every new text needs it.
    static int _count;

    public static string Of(ReadOnlySpan<byte> utf8)
    {
        if (utf8.Length > BytesMax)
        {
            return MessageReader.Cut(Encoding.UTF8.GetString(utf8));
        }

        Span<char> buffer = stackalloc char[BytesMax];
        var text = buffer[..Encoding.UTF8.GetChars(utf8, buffer)];
        return _known.TryGetValue(text, out var known) ? known : Share(text.ToString());
    }

    /// <summary>About what it costs to keep a text, in bytes: nothing if others keep it too.</summary>
    public static long CostOf(string text) =>
        text.Length <= BytesMax && _texts.TryGetValue(text, out var known) && ReferenceEquals(known, text) ? 0 : 24 + (2L * text.Length);

    static string Share(string text)
    {
        if (Volatile.Read(ref _count) >= TextsMax)
        {
            return text;
        }

        if (_texts.TryAdd(text, text))
        {
            Interlocked.Increment(ref _count);
        }

        return _texts[text];
    }
}

using System.Collections.Concurrent;

namespace Shop.Traces.Receiving;

/// <summary>Names that come again and again are kept once; what comes after the limit is kept as often as it comes.</summary>
static class SharedTexts
{
    const int TextsMax = 20_000;
    const int LengthMax = 500;

    static readonly ConcurrentDictionary<string, string> _texts = new();

    // The dictionary's own count takes all of its locks, and is asked for with every text that is new.
    static int _count;

    public static string Share(string text)
    {
        if (text.Length > LengthMax)
        {
            return text;
        }

        if (_texts.TryGetValue(text, out var known))
        {
            return known;
        }

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

    /// <summary>About what it costs to keep a text, in bytes: nothing if others keep it too.</summary>
    public static long CostOf(string text) =>
        text.Length <= LengthMax && _texts.TryGetValue(text, out var known) && ReferenceEquals(known, text) ? 0 : 24 + (2L * text.Length);
}

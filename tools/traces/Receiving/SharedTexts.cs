using System.Collections.Concurrent;

namespace Shop.Traces.Receiving;

/// <summary>Names that come again and again are kept once; what comes after the limit is kept as often as it comes.</summary>
sealed class SharedTexts
{
    const int TextsMax = 20_000;
    const int LengthMax = 100;

    readonly ConcurrentDictionary<string, string> _texts = new();

    public string Share(string text) =>
        text.Length > LengthMax ? text
        : _texts.TryGetValue(text, out var known) ? known
        : _texts.Count < TextsMax ? _texts.GetOrAdd(text, text)
        : text;
}

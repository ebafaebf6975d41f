using System.Text;
using System.Text.RegularExpressions;

namespace Shop.Cli.Output;

/// <summary>Text within a width: broken between words, never inside one.</summary>
static partial class TextLayout
{
    /// <summary>The lines of a text. What follows a break is indented like the line's beginning.</summary>
    /// <param name="width">Null for no limit: lines stay as they are.</param>
    public static IEnumerable<string> Wrap(string text, int? width) => text.Split('\n').SelectMany(line => WrapLine(line, width));

    /// <summary>How many columns a text takes; colours take none.</summary>
    public static int LengthOf(string text) =>
        text.Contains('\e', StringComparison.Ordinal) ? Colours().Replace(text, "").Length : text.Length;

    /// <summary>Like PadRight, and PadLeft for numbers, but blind to colours.</summary>
    public static string Pad(string text, int width, bool right = false)
    {
        var blanks = new string(' ', Math.Max(0, width - LengthOf(text)));
        return right ? blanks + text : text + blanks;
    }

    public static int LongestWord(string text) => text.Split(' ', '\n').Max(LengthOf);

    static IEnumerable<string> WrapLine(string line, int? width)
    {
        if (width is not { } limit || LengthOf(line) <= limit)
        {
            yield return line;
            yield break;
        }

        var indent = line[..^line.TrimStart(' ').Length];
        var current = new StringBuilder(indent);
        var (length, isEmpty) = (indent.Length, true);
        foreach (var (blanks, word) in Words(line[indent.Length..]))
        {
            var wordLength = LengthOf(word);
            if (!isEmpty && length + blanks.Length + wordLength > limit)
            {
                yield return current.ToString();
                current.Clear().Append(indent);
                (length, isEmpty) = (indent.Length, true);
            }

            if (isEmpty && length + wordLength > limit)
            {
                // A word that is too long stays whole, because people copy ids.
                current.Clear();
                length = 0;
            }

            var before = isEmpty ? "" : blanks;
            current.Append(before).Append(word);
            length += before.Length + wordLength;
            isEmpty = false;
        }

        yield return current.ToString();
    }

    static IEnumerable<(string Blanks, string Word)> Words(string text) =>
        Word().Matches(text).Select(match => (match.Groups[1].Value, match.Groups[2].Value));

    [GeneratedRegex("( *)([^ ]+)")]
    private static partial Regex Word();

    [GeneratedRegex("\e\\[[0-9;]*m")]
    private static partial Regex Colours();
}

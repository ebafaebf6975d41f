using System.Globalization;
using System.Text.RegularExpressions;

namespace Shop.Architecture.Tests;

/// <summary>
/// Lines are short enough to show two files side by side. Two kinds of lines may be longer, because they cannot be broken: the lines of a
/// raw text, and a line that is nothing but one text.
/// </summary>
public sealed partial class LineLengthTests
{
    const int Longest = 140;
    const string RawText = "\"\"\"";

    public static TheoryData<string> Folders => ["apphost", "gateway", "services", "shared", "simulators", "tests", "tools"];

    [Theory]
    [MemberData(nameof(Folders))]
    public void No_line_of_code_is_longer_than_the_longest(string folder)
    {
        var files = Repository.Files(folder, ".cs");

        Assert.NotEmpty(files);
        Assert.Equal([], files.SelectMany(TooLong));
    }

    [Fact]
    public void Editors_are_told_the_same_length() => Assert.Contains(
        string.Create(CultureInfo.InvariantCulture, $"max_line_length = {Longest}\n"),
        Repository.Read(".editorconfig"),
        StringComparison.Ordinal);

    static IEnumerable<string> TooLong(string file)
    {
        var isInRawText = false;
        foreach (var (index, line) in Repository.Read(file).Split('\n').Index())
        {
            var wasInRawText = isInRawText;
            isInRawText ^= line.Split(RawText).Length % 2 == 0;
            if (line.Length > Longest && !wasInRawText && !OneText().IsMatch(line))
            {
                yield return $"{file}:{index + 1} has {line.Length} characters";
            }
        }
    }

    [GeneratedRegex("""^\s*(?:[+?:(] ?|select )?(?:\$*\"{3}.*\"{3}|@?"(?:\\.|[^"\\])*"|\$".*")(?: \+|[\])},;]*)$""")]
    private static partial Regex OneText();
}

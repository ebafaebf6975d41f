namespace Shop.Cli.Output;

/// <summary>
/// A table as text. If it is too wide, cells continue below within their column. If that is too wide as well, each row becomes a block with
/// a line for each cell. Without a width, a row is one line, however long.
/// </summary>
/// <param name="columns">Their titles; one that begins with '#' is a column of numbers, aligned at the right.</param>
sealed class TextTable(params string[] columns)
{
    const string Gap = "  ";

    readonly string[] _titles = [.. columns.Select(column => column.TrimStart('#'))];
    readonly List<string[]> _rows = [];

    public void Add(params string[] cells)
    {
        if (cells.Length != columns.Length)
        {
            throw new ArgumentException($"A row has {columns.Length} cells.", nameof(cells));
        }

        _rows.Add(cells);
    }

    public IEnumerable<string> Lines(int? width)
    {
        var all = _rows.Prepend(_titles).ToArray();
        return WidthsWithin(all, width) is { } widths
            ? all.SelectMany(row => Side(row, widths))
            : _rows.SelectMany(row => Stacked(row, width!.Value));
    }

    /// <returns>Null if not even words fit.</returns>
    int[]? WidthsWithin(IReadOnlyList<string[]> rows, int? width)
    {
        int[] widths = [.. columns.Select((_, column) => rows.Max(row => TextLayout.LengthOf(row[column])))];
        var tooMuch = width is { } limit ? widths.Sum() + (Gap.Length * (widths.Length - 1)) - limit : 0;
        // The last columns hold the longest texts.
        for (var column = widths.Length - 1; column >= 0 && tooMuch > 0; column--)
        {
            var saved = Math.Min(tooMuch, widths[column] - rows.Max(row => TextLayout.LongestWord(row[column])));
            widths[column] -= saved;
            tooMuch -= saved;
        }

        return tooMuch > 0 ? null : widths;
    }

    IEnumerable<string> Side(string[] row, int[] widths)
    {
        string[][] cells = [.. row.Select((cell, column) => TextLayout.Wrap(cell, widths[column]).ToArray())];
        for (var line = 0; line < cells.Max(cell => cell.Length); line++)
        {
            yield return string.Join(Gap, cells.Select((cell, column) =>
                TextLayout.Pad(line < cell.Length ? cell[line] : "", widths[column], columns[column].StartsWith('#')))).TrimEnd(' ');
        }
    }

    IEnumerable<string> Stacked(string[] row, int width) =>
        row.SelectMany((cell, column) =>
            cell.Length == 0 ? [] : TextLayout.Wrap(column == 0 ? cell : $"{Gap}{_titles[column]}: {cell}", width));
}

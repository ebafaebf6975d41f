using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Shop.Support.Terminals;

/// <summary>The text of a terminal, with the lines that have scrolled out at the top.</summary>
public sealed partial class Screen
{
    readonly int _columns;
    readonly List<Row> _rows = [new(IsContinued: false)];
    int _row;
    int _column;

    Screen(int columns) => _columns = columns;

    public bool IsCursorVisible { get; private set; } = true;

    public static Screen After(string output, int columns)
    {
        var screen = new Screen(columns);
        foreach (Match part in Part().Matches(output))
        {
            if (part.Groups["command"] is { Success: true } command)
            {
                screen.Obey(command.Value[0], part.Groups["arguments"].Value);
            }
            else if (part.Value[0] != '\e')
            {
                screen.Take(part.Value[0]);
            }
        }

        return screen;
    }

    /// <summary>Words that the end of a row broke, though a row could hold them.</summary>
    /// <param name="isExempt">Lines that are there to be copied, and so are not broken by the program.</param>
    public IEnumerable<string> BrokenWords(Func<string, bool> isExempt) =>
        Lines().Where(line => !isExempt(line)).SelectMany(line => Enumerable.Range(1, line.Length / _columns)
            .Select(row => row * _columns)
            .Where(end => end < line.Length && line[end] != ' ' && line[end - 1] != ' ')
            .Select(end => WordAt(line, end))
            .Where(word => word.Length <= _columns));

    public override string ToString() => string.Join('\n', _rows.Select(row => row.Text.ToString().TrimEnd()));

    // Rows that the terminal broke by itself, put together again.
    List<string> Lines()
    {
        var lines = new List<StringBuilder>();
        foreach (var row in _rows)
        {
            if (!row.IsContinued)
            {
                lines.Add(new());
            }

            lines[^1].Append(row.Text);
        }

        return [.. lines.Select(line => line.ToString())];
    }

    static string WordAt(string line, int position)
    {
        var end = line.IndexOf(' ', position);
        return line[(line.LastIndexOf(' ', position - 1) + 1)..(end < 0 ? line.Length : end)];
    }

    void Take(char character)
    {
        switch (character)
        {
            case '\r':
                _column = 0;
                break;
            case '\n':
                Down(isContinued: false);
                break;
            case '\b':
                _column = Math.Max(0, _column - 1);
                break;
            case >= ' ':
                if (_column == _columns)
                {
                    Down(isContinued: true);
                    _column = 0;
                }

                var text = _rows[_row].Text;
                text.Append(' ', Math.Max(0, _column + 1 - text.Length));
                text[_column++] = character;
                break;
        }
    }

    void Down(bool isContinued)
    {
        _row++;
        if (_row == _rows.Count)
        {
            _rows.Add(new(isContinued));
        }
        else
        {
            _rows[_row] = _rows[_row] with { IsContinued = isContinued };
        }
    }

    void Obey(char command, string arguments)
    {
        var number = int.TryParse(arguments, NumberStyles.None, CultureInfo.InvariantCulture, out var given) ? given : 1;
        switch (command)
        {
            case 'A':
                _row = Math.Max(0, _row - number);
                break;
            case 'K':
                // All of it, or from the cursor on.
                _rows[_row].Text.Length = arguments == "2" ? 0 : Math.Min(_rows[_row].Text.Length, _column);
                break;
            case 'h' or 'l' when arguments == "?25":
                IsCursorVisible = command == 'h';
                break;
        }
    }

    sealed record Row(bool IsContinued)
    {
        public StringBuilder Text { get; } = new();
    }

    [GeneratedRegex(@"\e\[(?<arguments>[0-9;?]*)(?<command>[A-Za-z])|\e[=>]|.", RegexOptions.Singleline)]
    private static partial Regex Part();
}

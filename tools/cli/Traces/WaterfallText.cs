using Shop.Cli.Output;

namespace Shop.Cli.Traces;

/// <summary>A waterfall as text: a row for each span, with what it did, a bar for its time, and how long it took.</summary>
/// <param name="width">Null where a program reads: nothing is shortened.</param>
sealed class WaterfallText(Waterfall waterfall, int? width)
{
    const int DurationWidth = 10;
    const int BarOfPrograms = 50;
    const int NarrowestBar = 15;
    const int WidestLabel = 90;
    // A narrower terminal has no room for bars. Labels are broken between words instead of cut.
    const int NarrowestWithBars = 72;

    const string Red = "31";
    const string Yellow = "33";
    const string Grey = "90";
    const string Bold = "1";

    static readonly string[] _services = ["gateway", "ordering", "inventory", "payment"];
    static readonly string[] _colours = ["34", "32", "38;5;208", "35", "36"];

    public IEnumerable<string> Lines(Func<WaterfallRow, bool> isShown)
    {
        var rows = waterfall.Rows.Where(isShown).ToArray();
        var longest = rows.Max(row => Label(row).Length);
        var label = width is { } limit ? Math.Min(Math.Min(longest, WidestLabel), limit - DurationWidth - NarrowestBar - 2) : longest;
        var bar = width is { } all ? all - DurationWidth - label - 2 : BarOfPrograms;
        return rows.SelectMany(row => row.GapBefore > 0 ? [Gap(row), Of(row)] : new[] { Of(row) })
            .SelectMany(line => width < NarrowestWithBars ? line.WithoutBar(width.Value) : [line.WithBar(label, bar, waterfall)]);
    }

    public static string Duration(long microseconds) => FormattableString.Invariant(microseconds switch
    {
        < 1_000 => (FormattableString)$"{microseconds} µs",
        < 10_000 => $"{microseconds / 1_000.0:0.0} ms",
        < 1_000_000 => $"{microseconds / 1_000} ms",
        _ => $"{microseconds / 1_000_000.0:0.00} s",
    });

    static Row Of(WaterfallRow row)
    {
        var span = row.Span;
        var style = span.IsError ? Red : span.Wait is not null ? Grey : row.IsCritical ? Bold : "";
        return new(Label(row), style, span.IsError ? Red : ColourOf(row.Service), span.Wait is null ? '█' : '┄', span.StartTime, span.End);
    }

    // A time without a span, such as that of a process that was killed.
    static Row Gap(WaterfallRow row) => new(
        $"{new string(' ', row.Depth)}○ no span tells of {Duration(row.GapBefore)}",
        Yellow, Yellow, '·', row.Span.StartTime - row.GapBefore, row.Span.StartTime);

    static string Label(WaterfallRow row)
    {
        var span = row.Span;
        var what = span.Wait is { } wait ? $"waited {Duration(span.Duration)} in {wait}" : $"{row.Service} {span.Label}";
        var text = $"{new string(' ', row.Depth)}{(row.IsCritical ? '●' : '·')} {what}{(span.IsError ? $": {span.Failure}" : "")}";
        return text.ReplaceLineEndings(" ");
    }

    static string ColourOf(string service)
    {
        var index = Array.IndexOf(_services, service);
        return _colours[index >= 0 ? index : _services.Length];
    }

    sealed record Row(string Label, string Style, string BarStyle, char Drawn, long Start, long End)
    {
        string Took => Duration(End - Start);

        public string WithBar(int labelWidth, int barWidth, Waterfall whole)
        {
            var length = Math.Max(whole.End - whole.Start, 1);
            var from = (int)((Start - whole.Start) * (barWidth - 1) / length);
            var drawn = Math.Clamp((int)((End - Start) * barWidth / length), 1, barWidth - from);
            var bar = new string(' ', from) + new string(Drawn, drawn) + new string(' ', barWidth - from - drawn);
            return $"{Print.Paint(Cut(labelWidth).PadRight(labelWidth), Style)} {Print.Paint(bar, BarStyle)} {Took,DurationWidth}";
        }

        public IEnumerable<string> WithoutBar(int limit) =>
            TextLayout.Wrap($"{Label}  {Took.Replace(' ', '\u00A0')}", limit).Select(line => Print.Paint(line, Style));

        // The line breaks before the word that is too long, if there is a word before it.
        string Cut(int limit)
        {
            if (Label.Length <= limit)
            {
                return Label;
            }

            var blank = Label.LastIndexOf(' ', limit - 1);
            return blank > Label.Length - Label.TrimStart(' ').Length + 1 ? Label[..blank] + "…" : Label[..(limit - 1)] + "…";
        }
    }
}

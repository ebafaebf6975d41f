using Shop.Launcher.Output;

namespace Shop.Launcher.Logs;

/// <summary>Log lines as people read them: time, level, process, message; an exception in lines of its own below.</summary>
/// <param name="now">Times of other days have their date.</param>
public sealed class LogText(int width, bool coloured, DateTimeOffset now)
{
    const string Grey = "90";
    const string Red = "31";
    static readonly string[] _colours = ["34", "32", "35", "36", "33", "94"];

    readonly Dictionary<string, string> _colourOf = [];

    public static string Plain(LogLine line) => new LogText(0, coloured: false, DateTimeOffset.UtcNow).Of(line);

    public string Of(LogLine line)
    {
        var process = Paint(line.Process.PadRight(width), ColourOf(line.Process));
        if (line.Time is not { } time)
        {
            return width == 0 ? Clean(line.Message) : $"{"",13} {"",5} {process} {Clean(line.Message)}";
        }

        var (level, colour) = LevelOf(line.Level);
        var text = $"{Paint(Clock.Show(time, now), Grey)} {Paint(level.PadRight(5), colour)} {process} {Clean(line.Message)}";
        return line.Exception is null
            ? text
            : $"{text}\n{Paint("    " + Clean(line.Exception).Replace("\n", "\n    ", StringComparison.Ordinal), Red)}";
    }

    string Paint(string text, string? colour) => coloured && colour is not null ? $"\e[{colour}m{text}\e[0m" : text;

    // Colours are given in the order of appearance. All replicas of a service have the same one.
    string ColourOf(string process)
    {
        var service = process.TrimEnd('0', '1', '2', '3', '4', '5', '6', '7', '8', '9').TrimEnd('-');
        return _colourOf.TryGetValue(service, out var colour) ? colour : _colourOf[service] = _colours[_colourOf.Count % _colours.Length];
    }

    static (string Level, string? Colour) LevelOf(string? level) => level switch
    {
        "Trace" or "Debug" => ("debug", Grey),
        "Information" => ("info", null),
        "Warning" => ("warn", "33"),
        "Error" => ("error", Red),
        "Critical" => ("crit", Red),
        _ => ("", null),
    };

    // A message may quote what somebody sent, and a terminal obeys control characters.
    static string Clean(string text) => string.Create(text.Length, text, (clean, text) =>
    {
        for (var index = 0; index < clean.Length; index++)
        {
            clean[index] = char.IsControl(text[index]) && text[index] is not ('\n' or '\t') ? '\uFFFD' : text[index];
        }
    });
}

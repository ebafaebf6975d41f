using System.Text.Encodings.Web;
using System.Text.Json;

namespace Shop.Cli.Output;

/// <summary>
/// Results, on standard output. A person at a terminal gets lines within its width, and colours; a program gets one row a line,
/// whole and plain.
/// </summary>
static class Print
{
    // The layout needs at least this width.
    const int NarrowestWidth = 20;

    /// <summary>JSON for people and programs, the same for all commands.</summary>
    public static readonly JsonSerializerOptions JsonFormat = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Null if a program reads the output.</summary>
    public static int? Width { get; } = Console.IsOutputRedirected ? null : Math.Max(Terminal.Out.Profile.Width, NarrowestWidth);

    /// <summary>False for a program, and for people who do not want them (no-color.org).</summary>
    public static bool HasColours { get; } =
        !Console.IsOutputRedirected
        && Terminal.Out.Profile.Capabilities.Ansi
        && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"));

    public static void Line(string text = "") => Lines(TextLayout.Wrap(text, Width));

    /// <summary>Progress, and what is said beside a result: on standard error.</summary>
    public static void Note(string text)
    {
        int? width = Console.IsErrorRedirected ? null : Math.Max(Terminal.Error.Profile.Width, NarrowestWidth);
        foreach (var line in TextLayout.Wrap(text, width))
        {
            Console.Error.WriteLine(line);
        }
    }

    public static void Table(TextTable table) => Lines(table.Lines(Width));

    public static void Json<T>(T value) => Console.Out.WriteLine(JsonSerializer.Serialize(value, JsonFormat));

    public static string Green(string text) => Paint(text, "32");

    public static string Yellow(string text) => Paint(text, "33");

    public static string Red(string text) => Paint(text, "31");

    public static string Bold(string text) => Paint(text, "1");

    public static string Paint(string text, string code) => HasColours && text.Length > 0 ? $"\e[{code}m{text}\e[0m" : text;

    static void Lines(IEnumerable<string> lines)
    {
        foreach (var line in lines)
        {
            Console.Out.WriteLine(line);
        }
    }
}

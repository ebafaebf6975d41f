using Spectre.Console;

namespace Shop.Cli;

/// <summary>Where output goes: results to standard output, progress and notes beside a result to standard error.</summary>
static class Terminal
{
    const int WidthOfPipes = 10_000;

    public static IAnsiConsole Out { get; } = Of(Console.Out, Console.IsOutputRedirected);

    public static IAnsiConsole Error { get; } = Of(Console.Error, Console.IsErrorRedirected);

    /// <summary>Text as it is: no markup, no wrapping at the width of the terminal.</summary>
    public static void Line(string text = "") => Console.Out.WriteLine(text);

    // A program reads whole lines without colours, whatever the environment says of a terminal.
    static IAnsiConsole Of(TextWriter writer, bool isRedirected)
    {
        var console = AnsiConsole.Create(new() { Out = new AnsiConsoleOutput(writer) });
        if (isRedirected)
        {
            console.Profile.Capabilities.Ansi = false;
            console.Profile.Capabilities.ColorSystem = ColorSystem.NoColors;
            console.Profile.Width = WidthOfPipes;
        }

        return console;
    }
}

using Spectre.Console;

namespace Shop.Cli;

/// <summary>Where output goes: results to standard output, progress and notes beside a result to standard error.</summary>
static class Terminal
{
    public static IAnsiConsole Out { get; } = AnsiConsole.Console;

    public static IAnsiConsole Error { get; } = AnsiConsole.Create(new() { Out = new AnsiConsoleOutput(Console.Error) });

    /// <summary>Text as it is: no markup, no wrapping at the width of the terminal.</summary>
    public static void Line(string text = "") => Console.Out.WriteLine(text);
}

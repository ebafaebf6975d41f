using System.Runtime.InteropServices;
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

    /// <summary>Whether the reader of standard output has gone, such as head after its lines.</summary>
    public static bool IsOutputClosed()
    {
        const short pollError = 8;
        var output = new PollEntry { Handle = 1 };
        return Poll(ref output, 1, 0) > 0 && (output.ReturnedEvents & pollError) != 0;
    }

    // A program gets whole lines without colours, whatever the environment says about a terminal.
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

    [DllImport("libc", EntryPoint = "poll")]
    static extern int Poll(ref PollEntry entries, uint count, int milliseconds);

    [StructLayout(LayoutKind.Sequential)]
    struct PollEntry
    {
        public int Handle;
        public short Events;
        public short ReturnedEvents;
    }
}

using System.Diagnostics;
using System.Globalization;
using Spectre.Console;

namespace Shop.Launcher.Running;

/// <summary>
/// Shows what a long command is doing: a line for each finished step with its time, and on a terminal also what is under
/// way. Steps may run side by side.
/// </summary>
public sealed class Steps(IAnsiConsole console)
{
    readonly Lock _lock = new();
    readonly List<string> _underWay = [];
    StatusContext? _status;

    /// <summary>Runs the work with the display; steps outside it print their lines only.</summary>
    public async Task Show(Func<Task> work)
    {
        if (!console.Profile.Capabilities.Interactive || !console.Profile.Out.IsTerminal)
        {
            await work();
            return;
        }

        await console.Status().StartAsync("Starting", async status =>
        {
            _status = status;
            try
            {
                await work();
            }
            finally
            {
                _status = null;
            }
        });
    }

    /// <param name="result">What to say when it is done; null for nothing.</param>
    public async Task<T> Run<T>(string name, Func<Task<T>> work, Func<T, string?> result)
    {
        var clock = Stopwatch.StartNew();
        UnderWay(() => _underWay.Add(name));
        try
        {
            var value = await work();
            if (result(value) is { } done)
            {
                Done(done, clock.Elapsed);
            }

            return value;
        }
        finally
        {
            UnderWay(() => _underWay.Remove(name));
        }
    }

    public Task Run(string name, Func<Task> work, string? result) => Run(
        name,
        async () =>
        {
            await work();
            return true;
        },
        _ => result);

    public void Note(string text) => console.MarkupLineInterpolated($"  {text}");

    void Done(string text, TimeSpan time)
    {
        var seconds = time.TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture);
        console.MarkupLineInterpolated($"  [green]✓[/] {text} [grey]({seconds} s)[/]");
    }

    void UnderWay(Action change)
    {
        lock (_lock)
        {
            change();
            // The display refuses an empty text; between two steps the last one stays.
            if (_underWay.Count > 0)
            {
                _status?.Status(Markup.Escape(string.Join(", ", _underWay)));
            }
        }
    }
}

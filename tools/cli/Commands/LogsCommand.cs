using System.CommandLine;
using Shop.Cli.Output;
using Shop.Launcher;
using Shop.Launcher.Logs;
using Shop.Launcher.Processes;

namespace Shop.Cli.Commands;

/// <summary>./shop logs: the ends of the logs, or all lines about one order, and with --follow also the lines that are added.</summary>
static class LogsCommand
{
    const int LinesDefault = 40;
    const int LinesMax = 1_000_000;
    static readonly TimeSpan _pollInterval = TimeSpan.FromMilliseconds(200);

    static readonly Argument<string?> _name = new("name")
    {
        Description = "A process such as ordering-1, or a service such as ordering for all its processes (default: all)",
        Arity = ArgumentArity.ZeroOrOne,
    };

    static readonly Option<Guid?> _order = Values.OrderId("--order", "All log lines about this order");
    static readonly Option<bool> _follow = new("--follow", "-f") { Description = "Go on showing what is written, until Ctrl+C" };
    static readonly Option<int> _lines = Values.Number("--lines", "How many lines of each log", LinesDefault, 0, LinesMax);
    static readonly Option<bool> _json = new("--json") { Description = "One JSON object per line, as in the files" };

    public static Command Command(Checkout checkout)
    {
        var command = new Command("logs", "Shows the logs in the order of their times") { _name, _order, _follow, _lines, _json };
        command.SetAction(async (parsed, cancellation) =>
        {
            var logs = Find(checkout.State, parsed.GetValue(_name));
            var view = new View(logs, parsed.GetValue(_json));
            var poll = parsed.GetValue(_order) is { } order
                ? OfOrder(checkout.State, order, logs, view, parsed.GetValue(_follow))
                : Ends(logs, view, parsed.GetValue(_lines));
            if (parsed.GetValue(_follow))
            {
                await Follow(poll, view, cancellation);
            }

            return 0;
        });
        return command;
    }

    static LogFile[] Find(StateDirectory state, string? name)
    {
        var all = LogFile.All(state);
        var found = all
            .Where(log => name is null || log.Process == name || log.Process.StartsWith(name + "-", StringComparison.Ordinal))
            .ToArray();
        return found is not [] ? found : throw new UserError(
            all is [] ? "There are no logs yet. Start the system with ./shop up."
                : $"There is no log of {name}. There are: {string.Join(", ", all.Select(log => log.Process))}.");
    }

    /// <returns>A function that reads the lines that come next.</returns>
    static Func<IEnumerable<LogLine>> Ends(IReadOnlyList<LogFile> logs, View view, int lines)
    {
        foreach (var log in logs)
        {
            log.SkipToEnd();
        }

        view.Show(LogOrder.ByTime(logs.Select(log => LogTail.LastLines(log.File, lines).Select(text => LogLine.Parse(log.Process, text)))));
        return () => LogOrder.ByTime(logs.Select(log => log.ReadNew().Select(text => LogLine.Parse(log.Process, text))));
    }

    /// <inheritdoc cref="Ends"/>
    static Func<IEnumerable<LogLine>> OfOrder(StateDirectory state, Guid orderId, IReadOnlyList<LogFile> logs, View view, bool follow)
    {
        var order = new OrderLog(orderId, logs);
        var found = order.ReadNew();
        if (found is [])
        {
            var nothing = $"No line of the logs in {state.Logs} is about an order {orderId}.";
            Print.Note(follow ? nothing + " Waiting for one." : throw new UserError(
                nothing + " Is the id right? ./shop orders lists the latest. "
                + "Logs begin anew with ./shop down --wipe, and old parts of long ones are dropped."));
        }

        view.Show(found);
        return order.ReadNew;
    }

    static async Task Follow(Func<IEnumerable<LogLine>> poll, View view, CancellationToken cancellation)
    {
        while (!cancellation.IsCancellationRequested && !Terminal.IsOutputClosed())
        {
            view.Show(poll());
            await Task.Delay(_pollInterval, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    sealed class View(IReadOnlyList<LogFile> logs, bool json)
    {
        readonly LogText _text = new(logs.Max(log => log.Process.Length), Print.HasColours, DateTimeOffset.UtcNow);

        public void Show(IEnumerable<LogLine> lines)
        {
            foreach (var line in lines.Where(line => line.Text.Length > 0))
            {
                if (json)
                {
                    Terminal.Line(line.Json);
                }
                else
                {
                    Print.Line(_text.Of(line));
                }
            }
        }
    }
}

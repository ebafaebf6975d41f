using System.CommandLine;
using Shop.Cli.Processes;

namespace Shop.Cli.Commands;

/// <summary>./shop logs: the ends of the logs, and with --follow what is added.</summary>
static class Logs
{
    const int LinesDefault = 40;
    static readonly TimeSpan _pollInterval = TimeSpan.FromMilliseconds(200);

    public static Command Command(Checkout checkout)
    {
        var name = new Argument<string?>("name")
        {
            Description = "A process such as ordering-1, or a service such as ordering for all its processes (default: all)",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var follow = new Option<bool>("--follow", "-f") { Description = "Go on showing what is written, until Ctrl+C" };
        var lines = new Option<int>("--lines") { Description = "How many lines of each log", DefaultValueFactory = _ => LinesDefault };
        var command = new Command("logs", "Shows the logs") { name, follow, lines };
        command.SetAction(async (parsed, cancellation) =>
        {
            var logs = Find(checkout.State, parsed.GetValue(name));
            var width = logs.Max(log => log.Name.Length);
            foreach (var log in logs)
            {
                log.Position = new FileInfo(log.File).Length;
                Show(log, width, LogTail.LastLines(log.File, parsed.GetValue(lines)));
            }

            if (parsed.GetValue(follow))
            {
                await Follow(logs, width, cancellation);
            }

            return 0;
        });
        return command;
    }

    static Log[] Find(StateDirectory state, string? name)
    {
        var all = Directory.Exists(state.Logs) ? Directory.GetFiles(state.Logs, "*.log") : [];
        var found = all.Order(StringComparer.Ordinal).Select(file => new Log(Path.GetFileNameWithoutExtension(file), file))
            .Where(log => name is null || log.Name == name || log.Name.StartsWith(name + "-", StringComparison.Ordinal))
            .ToArray();
        return found is not [] ? found : throw new UserError(
            all is [] ? "There are no logs yet. Start the system with ./shop up."
                : $"There is no log of {name}. There are: {string.Join(", ", all.Select(Path.GetFileNameWithoutExtension).Order(StringComparer.Ordinal))}.");
    }

    static async Task Follow(Log[] logs, int width, CancellationToken cancellation)
    {
        while (!cancellation.IsCancellationRequested)
        {
            foreach (var log in logs)
            {
                Show(log, width, log.ReadNew());
            }

            await Task.Delay(_pollInterval, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    static void Show(Log log, int width, IEnumerable<string> lines)
    {
        foreach (var line in lines)
        {
            Terminal.Line($"{log.Name.PadRight(width)} | {line}");
        }
    }

    sealed class Log(string name, string file)
    {
        public string Name => name;

        public string File => file;

        public long Position { get; set; }

        /// <summary>The whole lines added since.</summary>
        public List<string> ReadNew()
        {
            using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            if (stream.Length < Position)
            {
                // Begun anew.
                Position = 0;
            }

            stream.Position = Position;
            var text = new StreamReader(stream).ReadToEnd();
            var whole = text.LastIndexOf('\n') + 1;
            Position += System.Text.Encoding.UTF8.GetByteCount(text.AsSpan(0, whole));
            return whole == 0 ? [] : [.. text[..(whole - 1)].Split('\n')];
        }
    }
}

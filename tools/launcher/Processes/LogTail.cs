using Shop.Launcher.Logs;

namespace Shop.Launcher.Processes;

/// <summary>The end of a process's log, to show why it did not start.</summary>
public static class LogTail
{
    const int Lines = 20;

    public static string Of(StateDirectory state, string process)
    {
        var log = state.LogOf(process);
        return File.Exists(log)
            ? $"The last lines of {log}:\n{string.Join('\n', LastLines(log, Lines).Select(line => "  " + LogText.Plain(LogLine.Parse(process, line))))}"
            : $"It has written no log ({log}).";
    }

    public static IReadOnlyList<string> LastLines(string file, int count)
    {
        var log = new LogFile(Path.GetFileNameWithoutExtension(file), file);
        log.SkipToLast(count);
        return [.. log.ReadNew()];
    }
}

using System.Diagnostics;

namespace Shop.Launcher.Processes;

/// <summary>Runs a program to its end and collects its output.</summary>
public static class Tool
{
    /// <summary>How it ended, and what it printed.</summary>
    /// <param name="Output">Both outputs, in the order in which their lines came.</param>
    public sealed record Result(int ExitCode, string Output, string StandardOutput)
    {
        public bool Succeeded => ExitCode == 0;
    }

    public static async Task<Result> Run(
        IReadOnlyList<string> command,
        string? workingDirectory = null,
        IReadOnlyDictionary<string, string>? environment = null,
        Action<string>? onLine = null,
        CancellationToken cancellation = default)
    {
        var start = new ProcessStartInfo(command[0], command.Skip(1))
        {
            WorkingDirectory = workingDirectory ?? "/",
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (key, value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[key] = value;
        }

        using var process = Process.Start(start) ?? throw new UserError($"{command[0]} could not be started.");
        process.StandardInput.Close();
        var output = new List<(bool IsError, string Line)>();
        void Keep(bool isError, string? line)
        {
            if (line is not null)
            {
                lock (output)
                {
                    output.Add((isError, line));
                }

                onLine?.Invoke(line);
            }
        }

        process.OutputDataReceived += (_, data) => Keep(isError: false, data.Data);
        process.ErrorDataReceived += (_, data) => Keep(isError: true, data.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        try
        {
            await process.WaitForExitAsync(cancellation);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }

        lock (output)
        {
            return new(
                process.ExitCode,
                string.Join('\n', output.Select(entry => entry.Line)),
                string.Join('\n', output.Where(entry => !entry.IsError).Select(entry => entry.Line)));
        }
    }
}

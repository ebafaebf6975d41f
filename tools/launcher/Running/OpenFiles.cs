using System.Globalization;

namespace Shop.Launcher.Running;

/// <summary>
/// How many files a process may have open. .NET raises its own limit, and so that of what it starts, as far as the shell lets it.
/// </summary>
static class OpenFiles
{
    const string Limits = "/proc/self/limits";
    const string Limit = "Max open files";

    // With a quarter of this limit, .NET reports that it is out of memory, after the servers have started.
    const int Enough = 1024;

    public static void MustSuffice() => MustSuffice(File.ReadAllText(Limits));

    /// <param name="limits">As the kernel shows them: name, limit, how far it can be raised, unit.</param>
    public static void MustSuffice(string limits)
    {
        var line = limits.Split('\n').First(line => line.StartsWith(Limit, StringComparison.Ordinal));
        var highest = line[Limit.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[1];
        if (int.TryParse(highest, CultureInfo.InvariantCulture, out var files) && files < Enough)
        {
            throw new UserError(
                $"A process may open {files} files here, and Shop needs {Enough}. Run it in a shell where ulimit -Hn shows at least that.");
        }
    }
}

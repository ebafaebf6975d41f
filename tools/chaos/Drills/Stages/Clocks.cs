using System.Globalization;

namespace Shop.Chaos.Drills.Stages;

/// <summary>
/// Wrong clocks, by libfaketime: a process started with it reads its clock's error from a file, again and again, so the clock jumps
/// while the process runs. Only the time of day is wrong. Stopwatches are right.
/// </summary>
public sealed class Clocks(string folder)
{
    const string Pattern = "libfaketimeMT.so*";
    static readonly string[] _places =
    [
        "/usr/lib/x86_64-linux-gnu/faketime", "/usr/lib/aarch64-linux-gnu/faketime", "/usr/lib/faketime", "/usr/local/lib/faketime",
    ];

    /// <summary>Null if it is not installed.</summary>
    public static string? Library =>
        _places.Where(Directory.Exists).SelectMany(place => Directory.GetFiles(place, Pattern)).Order().FirstOrDefault();

    readonly HashSet<string> _processes = [];

    /// <summary>Lets a process that is started from now on have a clock of its own; all others have the machine's.</summary>
    public void Give(string process) => _processes.Add(process);

    public void Clear() => _processes.Clear();

    /// <summary>What makes a process read its own clock, as environment variables.</summary>
    public IReadOnlyDictionary<string, string> SettingsFor(string process)
    {
        if (!_processes.Contains(process))
        {
            return new Dictionary<string, string>();
        }

        Set(process, TimeSpan.Zero);
        return new Dictionary<string, string>
        {
            ["LD_PRELOAD"] = Library!,
            ["FAKETIME_TIMESTAMP_FILE"] = FileOf(process),
            ["FAKETIME_CACHE_DURATION"] = "1",
            ["FAKETIME_DONT_FAKE_MONOTONIC"] = "1",
            ["DONT_FAKE_MONOTONIC"] = "1",
        };
    }

    /// <param name="error">How far the clock is ahead; negative for behind.</param>
    /// <exception cref="FaultMissed">It has none of its own.</exception>
    public void Set(string process, TimeSpan error)
    {
        if (!_processes.Contains(process))
        {
            throw new FaultMissed($"{process} has no clock of its own");
        }

        Directory.CreateDirectory(folder);
        File.WriteAllText(FileOf(process), error.TotalSeconds.ToString("+0;-0;+0", CultureInfo.InvariantCulture) + "\n");
    }

    string FileOf(string process) => Path.Combine(folder, $"{process}.clock");
}

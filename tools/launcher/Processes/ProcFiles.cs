using System.Globalization;

namespace Shop.Launcher.Processes;

/// <summary>Reads about processes under /proc.</summary>
public static class ProcFiles
{
    static readonly string _boot = File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim();

    /// <summary>
    /// Identifies a live process for ever: by its start, in clock ticks since boot, and the boot. Null if no process has the id, or only a
    /// dead one whose parent has not fetched its exit code yet.
    /// </summary>
    public static string? IdentityOf(int pid) =>
        Stat(pid) is { IsAlive: true } stat ? $"{_boot}/{stat.StartTicks}" : null;

    /// <summary>Whether a process stands still because of a SIGSTOP.</summary>
    public static bool IsStopped(int pid) => Stat(pid) is { State: 'T' };

    /// <summary>A process and all that descend from it, parents first.</summary>
    public static IReadOnlyList<int> TreeOf(int root)
    {
        var childrenOf = AllPids()
            .Select(pid => (Pid: pid, Stat: Stat(pid)))
            .Where(process => process.Stat is not null)
            .ToLookup(process => process.Stat!.Value.Parent, process => process.Pid);
        var tree = new List<int> { root };
        for (var index = 0; index < tree.Count; index++)
        {
            tree.AddRange(childrenOf[tree[index]]);
        }

        return tree;
    }

    /// <summary>All processes whose working directory this is.</summary>
    public static IReadOnlyList<int> WorkingIn(string directory)
    {
        var real = RealPath(directory);
        return [.. AllPids().Where(pid => WorkingDirectoryOf(pid) == real)];
    }

    /// <summary>All processes whose environment has this variable, as far as this user may look.</summary>
    public static IReadOnlyList<int> WithVariable(string name, string value) => [.. AllPids().Where(pid => VariableOf(pid, name) == value)];

    /// <summary>The words it was started with.</summary>
    public static IEnumerable<string> ArgumentsOf(int pid) => Words(pid, "cmdline");

    /// <summary>A variable of its environment; null where there is none, or this user may not look.</summary>
    public static string? VariableOf(int pid, string name) =>
        Words(pid, "environ").FirstOrDefault(word => word.StartsWith(name + "=", StringComparison.Ordinal))?[(name.Length + 1)..];

    /// <summary>The process that has one of these open, given as the kernel names them, such as socket:[4711].</summary>
    public static int? OwnerOf(IReadOnlySet<string> handles)
    {
        foreach (var pid in AllPids())
        {
            try
            {
                if (Directory.EnumerateFiles($"/proc/{pid}/fd").Any(handle => handles.Contains(new FileInfo(handle).LinkTarget ?? "")))
                {
                    return pid;
                }
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                // The process is gone, or belongs to another user.
                continue;
            }
        }

        return null;
    }

    public static string? CommandOf(int pid)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/comm").Trim();
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>The path with every link in it followed, as the kernel names it.</summary>
    public static string RealPath(string path)
    {
        var real = "/";
        foreach (var part in Path.GetFullPath(path).Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            var next = Path.Combine(real, part);
            real = Directory.ResolveLinkTarget(next, returnFinalTarget: true) is { } target ? RealPath(target.FullName) : next;
        }

        return real;
    }

    static IEnumerable<int> AllPids() =>
        Directory.EnumerateDirectories("/proc")
            .Select(folder => int.TryParse(Path.GetFileName(folder.AsSpan()), CultureInfo.InvariantCulture, out var pid) ? pid : 0)
            .Where(pid => pid > 0);

    // Null for a process that is gone or belongs to somebody else.
    static string? WorkingDirectoryOf(int pid)
    {
        try
        {
            return File.ResolveLinkTarget($"/proc/{pid}/cwd", returnFinalTarget: false)?.FullName;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    // None of a process that is gone or belongs to somebody else.
    static string[] Words(int pid, string file)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/{file}").Split('\0');
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    static ProcessStat? Stat(int pid)
    {
        string line;
        try
        {
            line = File.ReadAllText($"/proc/{pid}/stat");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }

        // The second field is the command's name in brackets, which may itself hold blanks and brackets.
        var fields = line[(line.LastIndexOf(')') + 2)..].Split(' ');
        return new(
            fields[0][0],
            int.Parse(fields[1], CultureInfo.InvariantCulture),
            int.Parse(fields[17], CultureInfo.InvariantCulture),
            fields[19]);
    }

    readonly record struct ProcessStat(char State, int Parent, int Threads, string StartTicks)
    {
        // The first thread of a killed process can be dead while another still holds its files and ports open.
        public bool IsAlive => State != 'X' && (State != 'Z' || Threads > 1);
    }
}

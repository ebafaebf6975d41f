using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Shop.Launcher.Processes;

/// <summary>How to start a background process.</summary>
public sealed record BackgroundProcess(string Name, int Port, string Command, IReadOnlyList<string> Arguments)
{
    static readonly TimeSpan _pollInterval = TimeSpan.FromMilliseconds(20);
    static readonly TimeSpan _killLimit = TimeSpan.FromSeconds(10);

    public string WorkingDirectory { get; init; } = "/";

    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>Which build of the program this is; part of the fingerprint.</summary>
    public string Build { get; init; } = "";

    // A hash, because the settings hold passwords.
    public string Fingerprint => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(JsonSerializer.Serialize(
        new object[] { Command, Arguments, WorkingDirectory, Environment.OrderBy(pair => pair.Key, StringComparer.Ordinal), Build }))));

    /// <summary>
    /// Starts it in a session of its own, with its output in a log file. So it outlives this command, and a Ctrl+C in the terminal does not
    /// reach it.
    /// </summary>
    public ProcessRecord Start(StateDirectory state)
    {
        Directory.CreateDirectory(state.Logs);
        var log = state.LogOf(Name);
        var start = new ProcessStartInfo("/bin/sh") { WorkingDirectory = WorkingDirectory, UseShellExecute = false };
        // Every step replaces the one before, so the process id we see is the program's own.
        string[] words = ["-c", """log=$1; shift; exec setsid "$@" >>"$log" 2>&1 </dev/null""", "sh", log, Command, .. Arguments];
        foreach (var word in words)
        {
            start.ArgumentList.Add(word);
        }

        start.Environment[StrayProcesses.Mark] = state.Path;
        // Numbers and dates in logs and messages are the same whatever language the shell speaks.
        start.Environment["LC_ALL"] = "C.UTF-8";
        foreach (var (key, value) in Environment)
        {
            start.Environment[key] = value;
        }

        using var process = Process.Start(start) ?? throw new UserError($"{Name} could not be started: {Command}");
        var identity = ProcFiles.IdentityOf(process.Id) ?? "gone";
        var record = new ProcessRecord(Name, process.Id, identity, Port, Fingerprint, DateTimeOffset.UtcNow);
        state.Processes.Put(record);
        return record;
    }

    /// <summary>Asks the process to stop, and kills it and its children if it has not after the time limit.</summary>
    /// <returns>False if it had to be killed.</returns>
    public static async Task<bool> Stop(ProcessRecord record, TimeSpan limit, Signal signal = Signal.Terminate)
    {
        if (record.IsAlive)
        {
            Signals.Send(record.Pid, signal);
        }

        if (await Poll.Until(() => !record.IsAlive, limit, _pollInterval))
        {
            return true;
        }

        Kill(record);
        return false;
    }

    /// <summary>Ends the process and all that descend from it, and returns when they are gone.</summary>
    public static void Kill(ProcessRecord record)
    {
        if (record.IsAlive)
        {
            KillTree(record.Pid);
        }
    }

    public static void KillTree(int root)
    {
        var tree = ProcFiles.TreeOf(root).Select(pid => (Pid: pid, Identity: ProcFiles.IdentityOf(pid))).ToArray();
        foreach (var (pid, _) in tree)
        {
            Signals.Send(pid, Signal.Kill);
        }

        SpinWait.SpinUntil(
            () => tree.All(process => process.Identity is null || ProcFiles.IdentityOf(process.Pid) != process.Identity), _killLimit);
    }
}

using System.Runtime.InteropServices;

namespace Shop.Launcher.Processes;

/// <summary>The signals that are sent to processes, by their numbers on Linux.</summary>
public enum Signal
{
    Interrupt = 2,
    Kill = 9,
    Terminate = 15,
    Continue = 18,
    Stop = 19,
}

/// <summary>Sends signals to processes.</summary>
public static class Signals
{
    /// <summary>Sends a signal. A process that is already gone is no error, because signals race with exits.</summary>
    public static void Send(int pid, Signal signal) => _ = Kill(pid, (int)signal);

    [DllImport("libc", EntryPoint = "kill")]
    static extern int Kill(int pid, int signal);
}

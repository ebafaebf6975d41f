namespace Shop.Launcher.Processes;

/// <summary>
/// Processes of a system that its table does not know: a command was killed between starting one and noting it down, or what was started
/// has started another and died. Each has the system's mark in its environment, which it passes on to its own.
/// </summary>
static class StrayProcesses
{
    /// <summary>The variable that holds the state directory of the system.</summary>
    public const string Mark = "SHOP_SYSTEM";

    /// <returns>False if there was none.</returns>
    public static bool Kill(StateDirectory state)
    {
        var known = state.Processes.All.Where(record => record.IsAlive).SelectMany(record => ProcFiles.TreeOf(record.Pid)).ToHashSet();
        var strays = ProcFiles.WithVariable(Mark, state.Path).Where(pid => !known.Contains(pid)).ToArray();
        foreach (var pid in strays)
        {
            BackgroundProcess.KillTree(pid);
        }

        return strays is not [];
    }
}

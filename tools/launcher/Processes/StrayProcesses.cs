namespace Shop.Launcher.Processes;

/// <summary>
/// Processes of a system that are not in its table: a command was killed between the start and the entry, or a process has started another
/// one and died. Each has the system's mark in its environment, which its children inherit.
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

using System.Globalization;
using Shop.Launcher;
using Shop.Launcher.Processes;
using Shop.Launcher.Servers;

namespace Shop.Cli.Testing;

/// <summary>
/// Servers and data of test processes that were killed before they could clean up. Each keeps them in a state directory
/// named after its process id, so that those of tests still running are left alone.
/// </summary>
sealed class TestLeftovers(string root)
{
    public async Task Clear()
    {
        var folder = Path.Combine(root, ".shop");
        var states = Directory.Exists(folder) ? Directory.GetDirectories(folder, StateDirectory.TestPrefix + "*") : [];
        await Task.WhenAll(states.Where(state => !HasOwner(state)).Select(state => Task.Run(() => Clear(new StateDirectory(state)))));
    }

    static bool HasOwner(string state)
    {
        var name = Path.GetFileName(state)[StateDirectory.TestPrefix.Length..].Split('-')[0];
        return int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var pid) && ProcFiles.IdentityOf(pid) is not null;
    }

    static void Clear(StateDirectory state)
    {
        foreach (var record in state.Processes.All)
        {
            BackgroundProcess.Kill(record);
        }

        new PostgresServer(state, port: 0).Delete();
        Directory.Delete(state.Path, recursive: true);
    }
}

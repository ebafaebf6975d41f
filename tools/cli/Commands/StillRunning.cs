using Shop.Launcher;

namespace Shop.Cli.Commands;

/// <summary>What an interrupted command leaves running, and how to stop it.</summary>
static class StillRunning
{
    /// <summary>Does work that starts or stops processes. An interruption, even one with other errors, reports what still runs.</summary>
    public static async Task ReportIfInterrupted(StateDirectory state, Func<Task> work, CancellationToken cancellation)
    {
        try
        {
            await work();
        }
        catch (Exception) when (cancellation.IsCancellationRequested)
        {
            throw new Interrupted(Of(state));
        }
    }

    static string Of(StateDirectory state) =>
        state.Processes.All.Where(record => record.IsAlive).Select(record => record.Name).ToArray() switch
    {
        [] => "Nothing of the system runs.",
        var running => $"Still running: {string.Join(", ", running)}. ./shop down stops that, ./shop up starts what is missing.",
    };
}

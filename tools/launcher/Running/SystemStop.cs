using Shop.Launcher.Logs;
using Shop.Launcher.Processes;
using Shop.Launcher.Servers;

namespace Shop.Launcher.Running;

/// <summary>Stops everything that a start recorded: programs that take requests first, servers with data last.</summary>
public sealed class SystemStop(Checkout checkout, Steps steps)
{
    const int ServerStage = 3;
    static readonly TimeSpan _stopLimit = TimeSpan.FromSeconds(15);

    /// <param name="wipe">The servers need not save what will be deleted.</param>
    /// <returns>False if nothing was running.</returns>
    public async Task<bool> Run(bool wipe, CancellationToken cancellation = default)
    {
        var state = checkout.State;
        var running = state.Processes.All.Any(record => record.IsAlive);
        foreach (var stage in state.Processes.All.GroupBy(record => StageOf(record.Name)).OrderBy(stage => stage.Key).ToArray())
        {
            cancellation.ThrowIfCancellationRequested();
            await Task.WhenAll(stage.Select(record => Stop(record, saves: !wipe || StageOf(record.Name) < ServerStage, cancellation)));
        }

        SystemPlan.Forget(state);
        SettingsFiles.Delete(state);
        return StrayProcesses.Kill(state) || running;
    }

    public void Wipe(bool keepLogs = false)
    {
        var state = checkout.State;
        new PostgresServer(state, checkout.Ports.Postgres).Delete();
        string[] folders =
        [
            state.Combine(RabbitMqServer.Name),
            state.Combine(ShopPrograms.PaymentProvider),
            .. keepLogs ? [] : new[] { state.Logs },
        ];
        foreach (var folder in folders.Where(Directory.Exists))
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    static int StageOf(string process) => process switch
    {
        ShopPrograms.Gateway => 0,
        ShopPrograms.PaymentProvider or ShopPrograms.TraceViewer => 2,
        _ when ServerProcesses.IsDatabase(process) || ServerProcesses.IsBroker(process) => ServerStage,
        RabbitMqServer.NameServer => ServerStage + 1,
        LogKeeper.Name => ServerStage + 2,
        _ => 1,
    };

    async Task Stop(ProcessRecord record, bool saves, CancellationToken cancellation)
    {
        if (record.IsAlive && !saves)
        {
            BackgroundProcess.Kill(record);
        }
        else if (record.IsAlive)
        {
            // In PostgreSQL, fast means: do not wait for clients to leave.
            var signal = ServerProcesses.IsDatabase(record.Name) ? Signal.Interrupt : Signal.Terminate;
            await steps.Run(
                $"stopping {record.Name}",
                () => BackgroundProcess.Stop(record, _stopLimit, signal).WaitAsync(cancellation),
                clean => clean ? $"{record.Name} stopped" : $"{record.Name} killed, it did not stop within {_stopLimit.TotalSeconds:0} s");
        }

        checkout.State.Processes.Remove(record.Name);
    }
}

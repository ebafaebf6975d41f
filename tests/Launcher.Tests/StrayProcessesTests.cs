using Shop.Launcher.Processes;
using Shop.Support;

namespace Shop.Launcher.Tests;

public sealed class StrayProcessesTests : IDisposable
{
    readonly StateDirectory _state = new(Directory.CreateTempSubdirectory("shop-strays-").FullName);
    readonly StateDirectory _other = new(Directory.CreateTempSubdirectory("shop-strays-").FullName);
    readonly List<ProcessRecord> _started = [];

    [Fact]
    public async Task A_process_that_was_started_and_not_noted_down_is_found_and_ended_with_its_children()
    {
        var lost = Start(_state, "lost", "bash", "-c", "sleep 600 & wait");
        await Wait.Until(() => ProcFiles.TreeOf(lost.Pid).Count == 2, "its child");
        var child = ProcFiles.TreeOf(lost.Pid)[1];
        _state.Processes.Remove("lost");

        Assert.True(StrayProcesses.Kill(_state));

        Assert.False(lost.IsAlive);
        Assert.Null(ProcFiles.IdentityOf(child));
    }

    [Fact]
    public async Task What_a_process_that_died_has_started_is_found_and_ended()
    {
        var parent = Start(_state, "parent", "bash", "-c", "setsid sleep 600 & wait");
        await Wait.Until(() => ProcFiles.TreeOf(parent.Pid).Any(pid => ProcFiles.CommandOf(pid) == "sleep"), "its child");
        var child = ProcFiles.TreeOf(parent.Pid)[^1];
        Signals.Send(parent.Pid, Signal.Kill);
        await Wait.Until(() => !parent.IsAlive, "the parent gone");

        Assert.True(StrayProcesses.Kill(_state));

        Assert.Null(ProcFiles.IdentityOf(child));
    }

    [Fact]
    public async Task Processes_that_are_noted_down_their_children_and_those_of_another_system_are_left_alone()
    {
        var known = Start(_state, "known", "bash", "-c", "sleep 600 & wait");
        await Wait.Until(() => ProcFiles.TreeOf(known.Pid).Count == 2, "its child");
        var others = Start(_other, "other", "sleep", "600");
        _other.Processes.Remove("other");

        Assert.False(StrayProcesses.Kill(_state));

        Assert.Equal(2, ProcFiles.TreeOf(known.Pid).Count);
        Assert.True(others.IsAlive);
    }

    public void Dispose()
    {
        _started.ForEach(BackgroundProcess.Kill);
        StrayProcesses.Kill(_state);
        Directory.Delete(_state.Path, recursive: true);
        Directory.Delete(_other.Path, recursive: true);
    }

    ProcessRecord Start(StateDirectory state, string name, string program, params string[] arguments)
    {
        var record = new BackgroundProcess(name, 0, program, arguments).Start(state);
        _started.Add(record);
        return record;
    }
}

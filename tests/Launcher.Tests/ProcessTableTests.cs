using Shop.Launcher.Processes;
using Shop.Support;

namespace Shop.Launcher.Tests;

public sealed class ProcessTableTests : IDisposable
{
    readonly StateDirectory _state = new(Directory.CreateTempSubdirectory("shop-processes-").FullName);

    readonly List<ProcessRecord> _started = [];

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_process_runs_on_in_a_session_of_its_own_with_its_output_in_its_log()
    {
        var record = Start("sh", "-c", "echo started; exec sleep 600");

        Assert.True(record.IsAlive);
        Assert.Equal(record, new ProcessTable(_state.Combine("processes.json")).Find("sleeper"));
        await Wait.Until(() => Log() == "started\n", "a line in the log");
        var session = (await File.ReadAllTextAsync($"/proc/{record.Pid}/stat", Cancellation)).Split(") ")[1].Split(' ')[3];
        Assert.Equal($"{record.Pid}", session);

        Assert.True(await BackgroundProcess.Stop(record, TimeSpan.FromSeconds(10)));
        Assert.False(record.IsAlive);
    }

    [Fact]
    public async Task A_process_id_that_belongs_to_another_process_by_now_is_neither_alive_nor_ever_signalled()
    {
        var somebody = Start("sleep", "600");
        var ours = somebody with { Name = "ours", Identity = "an earlier process of the same id" };
        _state.Processes.Put(ours);

        Assert.False(_state.Processes.IsAlive("ours"));
        await BackgroundProcess.Stop(ours, TimeSpan.Zero);
        BackgroundProcess.Kill(ours);

        Assert.True(somebody.IsAlive);
        BackgroundProcess.Kill(somebody);
        Assert.False(somebody.IsAlive);
    }

    [Fact]
    public async Task A_process_that_does_not_stop_in_time_is_killed_with_its_children()
    {
        var record = Start("bash", "-c", "trap '' TERM; sleep 600 & echo ready; wait");
        await Wait.Until(() => Log() == "ready\n" && ProcFiles.TreeOf(record.Pid).Count == 2, "the process and its child");
        var tree = ProcFiles.TreeOf(record.Pid).Select(pid => (Pid: pid, Identity: ProcFiles.IdentityOf(pid)!)).ToArray();

        Assert.False(await BackgroundProcess.Stop(record, TimeSpan.FromMilliseconds(100)));

        Assert.All(tree, process => Assert.NotEqual(process.Identity, ProcFiles.IdentityOf(process.Pid)));
    }

    [Fact]
    public void The_fingerprint_follows_settings_and_build_and_shows_none_of_them()
    {
        var process = new BackgroundProcess("name", 1, "program", ["argument"])
        {
            Environment = new Dictionary<string, string> { ["PASSWORD"] = "secret" },
        };
        var changed = process with { Environment = new Dictionary<string, string> { ["PASSWORD"] = "other" } };

        Assert.Equal(process.Fingerprint, (process with { }).Fingerprint);
        Assert.NotEqual(process.Fingerprint, changed.Fingerprint);
        Assert.NotEqual(process.Fingerprint, (process with { Build = "next" }).Fingerprint);
        Assert.DoesNotContain("secret", process.Fingerprint, StringComparison.Ordinal);
    }

    [Fact]
    public void A_damaged_table_is_one_clear_message()
    {
        File.WriteAllText(_state.Combine("processes.json"), "[{");

        var error = Assert.Throws<UserError>(() => _state.Processes.All);

        Assert.Contains("processes.json is damaged", error.Message, StringComparison.Ordinal);
    }

    public void Dispose()
    {
        _started.ForEach(BackgroundProcess.Kill);
        Directory.Delete(_state.Path, recursive: true);
    }

    // The process itself makes it, a moment after its start.
    string Log() => File.Exists(_state.LogOf("sleeper")) ? File.ReadAllText(_state.LogOf("sleeper")) : "";

    ProcessRecord Start(string program, params string[] arguments)
    {
        var record = new BackgroundProcess("sleeper", 0, program, arguments).Start(_state);
        _started.Add(record);
        return record;
    }
}

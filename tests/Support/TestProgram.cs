using Shop.Launcher;
using Shop.Launcher.Processes;

namespace Shop.Support;

/// <summary>One of Shop's programs as a process of its own: it can be killed, and it can be stopped for a while and wake up.</summary>
public sealed class TestProgram : IDisposable
{
    static readonly TimeSpan _stopLimit = TimeSpan.FromSeconds(15);

    readonly StateDirectory _state;
    readonly ProcessRecord _process;

    TestProgram(StateDirectory state, ProcessRecord process)
    {
        (_state, _process) = (state, process);
        Http = new() { BaseAddress = new($"http://127.0.0.1:{process.Port}") };
    }

    public HttpClient Http { get; }

    public string Address => Http.BaseAddress!.ToString();

    public bool IsAlive => _process.IsAlive;

    internal static TestProgram Start(
        StateDirectory state, string name, int port, string assembly, IReadOnlyDictionary<string, string> settings)
    {
        var process = new BackgroundProcess(name, port, "dotnet", [PathOf(assembly)])
        {
            WorkingDirectory = AppContext.BaseDirectory,
            Environment = new Dictionary<string, string>(settings)
            {
                ["ASPNETCORE_URLS"] = $"http://127.0.0.1:{port}",
                ["SHOP_INSTANCE"] = name,
            },
        };
        return new(state, process.Start(state));
    }

    /// <summary>Runs a program to its end, and fails if the exit code is not 0.</summary>
    public static async Task Run(string assembly, string argument, IReadOnlyDictionary<string, string> settings)
    {
        var (isGood, output) = await TryRun(assembly, settings, argument);
        if (!isGood)
        {
            throw new InvalidOperationException($"{assembly} {argument} ended badly:\n{output}");
        }
    }

    /// <summary>Runs a program to its end.</summary>
    /// <returns>Whether the exit code was 0, and the program's output.</returns>
    public static async Task<(bool IsGood, string Output)> TryRun(
        string assembly, IReadOnlyDictionary<string, string> settings, params string[] arguments)
    {
        var result = await Tool.Run(
            [
                "dotnet", PathOf(assembly), .. arguments
            ], AppContext.BaseDirectory, settings, cancellation: TestContext.Current.CancellationToken);
        return (result.Succeeded, result.Output);
    }

    /// <summary>Sends a request and reads the answer to its end.</summary>
    /// <param name="token">Null for nobody.</param>
    public Task<Answer> Send(
        HttpMethod method, string path, string? token, string? json = null, params (string Name, string Value)[] headers) =>
        Answer.To(Http, method, path, token, json, headers);

    internal Task Ready() => Wait.Until(
        async () =>
        {
            try
            {
                using var answer = await Http.GetAsync("health/ready", TestContext.Current.CancellationToken);
                return answer.IsSuccessStatusCode
                    && !(await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).Contains(
                        "Degraded", StringComparison.Ordinal);
            }
            catch (HttpRequestException) when (IsAlive)
            {
                return false;
            }
        },
        $"{_process.Name} ready");

    /// <summary>SIGKILL.</summary>
    public void Kill() => BackgroundProcess.Kill(_process);

    /// <summary>Asks it to leave. False if it had to be killed.</summary>
    public Task<bool> Stop() => BackgroundProcess.Stop(_process, _stopLimit);

    /// <summary>SIGSTOP: the process stands still.</summary>
    public void Freeze() => Signals.Send(_process.Pid, Signal.Stop);

    /// <summary>SIGCONT: the process goes on.</summary>
    public void Resume() => Signals.Send(_process.Pid, Signal.Continue);

    public void Dispose()
    {
        Kill();
        _state.Processes.Remove(_process.Name);
        Http.Dispose();
    }

    static string PathOf(string assembly) => Path.Combine(AppContext.BaseDirectory, assembly + ".dll");
}

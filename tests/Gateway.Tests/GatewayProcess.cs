using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Shop.Gateway.Tests;

/// <summary>The gateway as a process of its own, for tests of its exit.</summary>
sealed class GatewayProcess : IDisposable
{
    static readonly TimeSpan _deadline = TimeSpan.FromSeconds(30);

    readonly Process _process;
    readonly Task<string> _errors;
    readonly Task<string> _output;

    GatewayProcess(Process process) =>
        (_process, _errors, _output) = (process, process.StandardError.ReadToEndAsync(), process.StandardOutput.ReadToEndAsync());

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <param name="settings">Keys with colons; null leaves one out.</param>
    public static GatewayProcess Start(IReadOnlyDictionary<string, string?> settings, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(Program).Assembly.Location, .. arguments])
        {
            WorkingDirectory = AppContext.BaseDirectory,
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        foreach (var (key, value) in settings.Where(setting => setting.Value is not null))
        {
            start.Environment[key.Replace(":", "__")] = value;
        }

        return new(Process.Start(start)!);
    }

    public static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    public static Task UntilUp(HttpClient client) => Wait.Until(() => IsUp(client), "the gateway is up");

    /// <summary>Sends SIGTERM, as process managers do.</summary>
    public void Terminate()
    {
        using var kill = Process.Start("kill", ["-TERM", $"{_process.Id}"]);
        kill.WaitForExit();
    }

    public async Task<(int ExitCode, string Errors, string Output)> Exit()
    {
        await _process.WaitForExitAsync(Cancellation).WaitAsync(_deadline, Cancellation);
        return (_process.ExitCode, await _errors, await _output);
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        _process.Dispose();
    }

    static async Task<bool> IsUp(HttpClient client)
    {
        try
        {
            using var answer = await client.GetAsync("/health/live", Cancellation);
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException error) when (error.InnerException is SocketException)
        {
            return false;
        }
    }
}

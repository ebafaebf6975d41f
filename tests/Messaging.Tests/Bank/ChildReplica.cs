using System.Diagnostics;
using System.Globalization;

namespace Shop.Messaging.Tests.Bank;

/// <summary>A replica in a process of its own, to be killed without warning.</summary>
public sealed class ChildReplica : IAsyncDisposable
{
    public const string Command = "replica";
    const string Ready = "ready";

    readonly Process _process;

    ChildReplica(Process process) => _process = process;

    /// <summary>The child's side: deposits what it is told to, one deposit id for each line of standard input.</summary>
    public static async Task<int> Serve(string[] arguments)
    {
        var (name, database, accountId) = (arguments[0], arguments[1], Guid.Parse(arguments[2]));
        var configuration = arguments[3..].Select(pair => pair.Split('=', 2)).ToDictionary(pair => pair[0], string? (pair) => pair[1]);
        await using var replica = Replica.Build(new(name, database, configuration));
        await replica.StartWithoutBroker(CancellationToken.None);
        await Console.Out.WriteLineAsync(Ready);
        var writing = new List<Task>();
        while (await Console.In.ReadLineAsync() is { } line)
        {
            writing.Add(Deposit(replica, Guid.Parse(line, CultureInfo.InvariantCulture), accountId));
        }

        await Task.WhenAll(writing);
        return 0;
    }

    public static async Task<ChildReplica> Start(ReplicaSettings settings, Guid accountId, CancellationToken cancellation)
    {
        var self = Environment.ProcessPath!;
        var start = new ProcessStartInfo(self) { RedirectStandardInput = true, RedirectStandardOutput = true };
        if (Path.GetFileNameWithoutExtension(self) == "dotnet")
        {
            start.ArgumentList.Add(typeof(ChildReplica).Assembly.Location);
        }

        string[] arguments = [Command, settings.Name, settings.Database, accountId.ToString(),
            .. settings.Configuration.Select(pair => $"{pair.Key}={pair.Value}")];
        Array.ForEach(arguments, start.ArgumentList.Add);
        var child = new ChildReplica(Process.Start(start)!);
        Assert.Equal(Ready, await child._process.StandardOutput.ReadLineAsync(cancellation));
        return child;
    }

    public void Deposit(IEnumerable<Guid> depositIds)
    {
        foreach (var depositId in depositIds)
        {
            _process.StandardInput.WriteLine(depositId);
        }

        _process.StandardInput.Flush();
    }

    /// <summary>The next deposit that the child's database has committed; null after its end.</summary>
    public async Task<Guid?> Committed(CancellationToken cancellation) =>
        await _process.StandardOutput.ReadLineAsync(cancellation) is { } line
            ? Guid.Parse(line, CultureInfo.InvariantCulture)
            : null;

    /// <summary>SIGKILL: no handler, no finally, no flush.</summary>
    public async Task Kill(CancellationToken cancellation)
    {
        _process.Kill();
        await _process.WaitForExitAsync(cancellation);
    }

    /// <summary>SIGSTOP: the process does nothing, but its connections stay open.</summary>
    public Task Freeze(CancellationToken cancellation) => Signal("STOP", cancellation);

    public Task Resume(CancellationToken cancellation) => Signal("CONT", cancellation);

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            await Kill(CancellationToken.None);
        }

        _process.Dispose();
    }

    async Task Signal(string name, CancellationToken cancellation)
    {
        using var kill = Process.Start("kill", [$"-{name}", $"{_process.Id}"]);
        await kill.WaitForExitAsync(cancellation);
        Assert.Equal(0, kill.ExitCode);
    }

    static async Task Deposit(Replica replica, Guid depositId, Guid accountId)
    {
        await replica.Publish(new Deposit(depositId, accountId, 1));
        await Console.Out.WriteLineAsync(depositId.ToString());
    }
}

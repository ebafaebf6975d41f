using System.Diagnostics;
using Npgsql;
using Shop.Launcher.Processes;
using Shop.Launcher.Running;

namespace Shop.Launcher.Servers;

/// <summary>A private PostgreSQL server on 127.0.0.1, with its cluster in a folder of the state directory.</summary>
public sealed class PostgresServer(StateDirectory state, int port, bool durable = true)
{
    public const string Name = "postgres";
    public const string Superuser = "postgres";

    static readonly TimeSpan _startLimit = TimeSpan.FromSeconds(60);
    static readonly TimeSpan _stopLimit = TimeSpan.FromSeconds(15);
    static readonly TimeSpan _pollInterval = TimeSpan.FromMilliseconds(50);

    public int Port => port;

    /// <summary>The name of its process.</summary>
    public string Process { get; init; } = Name;

    public string Folder { get; init; } = state.Combine(Name);

    /// <summary>The server this one is a standby of: it begins as a copy, and follows until it is promoted.</summary>
    public PostgresServer? Follows { get; init; }

    public bool IsAlive => state.Processes.IsAlive(Process);

    // The real folder behind a link: the server's user cannot enter the folder with the link.
    string Home => ServerUser.RealFolder(Folder);

    string Data => Path.Combine(Home, "data");

    /// <summary>The superuser's connection string. Services get users of their own.</summary>
    public string ConnectionString(string database = "postgres") =>
        $"Host=127.0.0.1;Port={port};Database={database};Username={Superuser};Password={state.Secrets.Password(Superuser)}";

    /// <summary>Starts the server, after a crash too, and returns when it takes connections.</summary>
    public async Task Start(CancellationToken cancellation = default)
    {
        if (!IsAlive)
        {
            await ServerUser.MakeFolder(Folder);
            await CreateCluster(cancellation);
            await ClearCrash(cancellation);
            await PortCheck.CanBeHad(port, _ => { }, cancellation);
            ServerProcess().Start(state);
        }

        await WaitUntilReady(cancellation);
    }

    public async Task Stop()
    {
        if (state.Processes.Find(Process) is { } record)
        {
            // SIGINT means: do not wait for clients to leave, roll back and end with a checkpoint.
            await BackgroundProcess.Stop(record, _stopLimit, Signal.Interrupt);
            state.Processes.Remove(Process);
        }
    }

    /// <summary>Ends every process of the server at once, as a power cut would.</summary>
    public void Kill()
    {
        if (state.Processes.Find(Process) is { } record)
        {
            BackgroundProcess.Kill(record);
        }
    }

    public void Delete() => ServerUser.DeleteFolder(Folder);

    /// <summary>Deletes the cluster only, so that the next start makes one anew.</summary>
    public void DeleteCluster() => Directory.Delete(Data, recursive: true);

    async Task CreateCluster(CancellationToken cancellation)
    {
        if (File.Exists(Path.Combine(Data, "PG_VERSION")))
        {
            return;
        }

        var programs = ServerPrograms.PostgresFolder() ?? throw new UserError("PostgreSQL is not installed.");
        // The cluster is made in another folder and moved into place, so that an interruption leaves no half cluster.
        var draft = Path.Combine(Home, "draft");
        if (Directory.Exists(draft))
        {
            Directory.Delete(draft, recursive: true);
        }

        var result = Follows is null ? await NewCluster(programs, draft, cancellation) : await Copy(Follows, programs, draft, cancellation);
        if (!result.Succeeded)
        {
            throw new UserError($"PostgreSQL could not create its cluster in {Folder}:\n{result.Output}");
        }

        Directory.Move(draft, Data);
        if (durable)
        {
            await Tool.Run(["sync", "--file-system", Data], cancellation: cancellation);
        }
    }

    async Task<Tool.Result> NewCluster(string programs, string folder, CancellationToken cancellation)
    {
        var passwordFile = Path.Combine(Home, "password");
        await File.WriteAllTextAsync(passwordFile, state.Secrets.Password(Superuser), cancellation);
        File.SetUnixFileMode(passwordFile, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        await ServerUser.GiveTo(passwordFile);
        var result = await Tool.Run(
            ServerUser.Run(
                Path.Combine(programs, "initdb"), "--pgdata", folder, "--username", Superuser, "--pwfile", passwordFile,
                "--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C", "--no-instructions", "--no-sync"),
            environment: ProgramEnvironment,
            cancellation: cancellation);
        File.Delete(passwordFile);
        return result;
    }

    Task<Tool.Result> Copy(PostgresServer source, string programs, string folder, CancellationToken cancellation) => Tool.Run(
        ServerUser.Run(
            Path.Combine(programs, "pg_basebackup"), "--pgdata", folder,
            "--host", "127.0.0.1", "--port", $"{source.Port}", "--username", Superuser,
            "--checkpoint", "fast", "--wal-method", "stream", "--write-recovery-conf", "--no-sync"),
        environment: new Dictionary<string, string>(ProgramEnvironment) { ["PGPASSWORD"] = state.Secrets.Password(Superuser) },
        cancellation: cancellation);

    // After a crash of the main process, its helpers may hold the shared memory for a moment. A process id file whose id belongs to another
    // process by now would stop a new server.
    async Task ClearCrash(CancellationToken cancellation)
    {
        var clock = Stopwatch.StartNew();
        while (Leftovers() is not [] and var pids && clock.Elapsed < _stopLimit)
        {
            foreach (var pid in pids)
            {
                Signals.Send(pid, Signal.Kill);
            }

            await Task.Delay(_pollInterval, cancellation);
        }

        File.Delete(Path.Combine(Data, "postmaster.pid"));
    }

    int[] Leftovers() => [.. ProcFiles.WorkingIn(Data).Where(pid => ProcFiles.CommandOf(pid) == "postgres")];

    BackgroundProcess ServerProcess()
    {
        var version = File.ReadAllText(Path.Combine(Data, "PG_VERSION")).Trim();
        var programs = ServerPrograms.PostgresFolder(version) ?? ServerPrograms.PostgresFolder()
            ?? throw new UserError($"The data in {Folder} is of PostgreSQL {version}, which is not installed.");
        var command = ServerUser.Run([Path.Combine(programs, "postgres"), "-D", Data, .. PostgresSettings.Arguments(port, durable)]);
        return new(Process, port, command[0], command[1..]) { Environment = ProgramEnvironment };
    }

    async Task WaitUntilReady(CancellationToken cancellation)
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                await using var connection = new NpgsqlConnection(ConnectionString() + ";Timeout=5;Pooling=false");
                await connection.OpenAsync(cancellation);
                return;
            }
            catch (NpgsqlException error)
            {
                if (!IsAlive || clock.Elapsed > _startLimit || error is PostgresException { SqlState: PostgresErrorCodes.InvalidPassword })
                {
                    throw new UserError($"PostgreSQL did not start ({error.Message}).\n{LogTail.Of(state, Process)}");
                }
            }

            await Task.Delay(_pollInterval, cancellation);
        }
    }

    static Dictionary<string, string> ProgramEnvironment => new() { ["LC_ALL"] = "C.UTF-8", ["TZ"] = "UTC" };
}

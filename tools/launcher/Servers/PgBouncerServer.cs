using System.Diagnostics;
using System.Globalization;
using Shop.Launcher.Processes;
using Shop.Launcher.Running;

namespace Shop.Launcher.Servers;

/// <summary>
/// A pooler in front of a PostgreSQL server, in transaction mode: a session is lent for one transaction at a time, so the state that one
/// transaction leaves in it is missing in the next.
/// </summary>
public sealed class PgBouncerServer(StateDirectory state, int port, int databasePort)
{
    public const string Name = PostgresServer.Name + "-pooler";

    const string Host = "127.0.0.1";

    // The number is lower than the services' pools have together, so that sessions change hands all the time.
    const int SessionsPerService = 6;
    static readonly TimeSpan _limit = TimeSpan.FromSeconds(30);
    static readonly TimeSpan _pollInterval = TimeSpan.FromMilliseconds(50);

    public int Port => port;

    string Folder => state.Combine(Name);

    string Home => ServerUser.RealFolder(Folder);

    /// <summary>Debian keeps it beside the programs of administrators. Null if it is not installed.</summary>
    public static string? Program =>
        new[] { "/usr/sbin/pgbouncer", "/usr/bin/pgbouncer", "/usr/local/bin/pgbouncer" }.FirstOrDefault(File.Exists);

    /// <summary>Starts it, and returns when it lets a service in. The database server need not run yet.</summary>
    public async Task Start(CancellationToken cancellation)
    {
        if (!state.Processes.IsAlive(Name))
        {
            await Write(cancellation);
            var command = ServerUser.Run(
                Program ?? throw new UserError("PgBouncer is not installed."), Path.Combine(Home, "pgbouncer.ini"));
            new BackgroundProcess(Name, port, command[0], command[1..]).Start(state);
        }

        var clock = Stopwatch.StartNew();
        while (!PortCheck.IsTaken(port))
        {
            if (!state.Processes.IsAlive(Name) || clock.Elapsed > _limit)
            {
                throw new UserError($"PgBouncer did not start.\n{LogTail.Of(state, Name)}");
            }

            await Task.Delay(_pollInterval, cancellation);
        }
    }

    /// <summary>Its own statistics: the number of transactions, and of sessions at the server that carried them.</summary>
    public async Task<(long Transactions, int Sessions)> Use(CancellationToken cancellation)
    {
        var stats = await Ask("show stats_totals", cancellation);
        var sessions = await Ask("show servers", cancellation);
        return (stats.Sum(row => long.Parse(row.Split('|')[1], CultureInfo.InvariantCulture)), sessions.Length);
    }

    public void Delete() => ServerUser.DeleteFolder(Folder);

    async Task<string[]> Ask(string question, CancellationToken cancellation)
    {
        var answer = await Tool.Run(
            [ServerPrograms.PostgresClient, "-X", "-At", "-c", question],
            environment: new Dictionary<string, string>
            {
                ["PGHOST"] = Host,
                ["PGPORT"] = $"{port}",
                ["PGUSER"] = Databases.Audit,
                ["PGDATABASE"] = "pgbouncer",
                ["PGPASSWORD"] = state.Secrets.Password("postgres-" + Databases.Audit),
            },
            cancellation: cancellation);
        return answer.Succeeded
            ? answer.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            : throw new UserError($"PgBouncer does not answer: {answer.Output}");
    }

    async Task Write(CancellationToken cancellation)
    {
        await ServerUser.MakeFolder(Folder);
        string[] users = [.. Replicas.Services, Databases.Audit];
        await Give(
            "users.txt",
            string.Concat(users.Select(user => $"\"{user}\" \"{state.Secrets.Password("postgres-" + user)}\"\n")),
            cancellation);
        await Give(
            "pgbouncer.ini",
            $"""
            [databases]
            * = host={Host} port={databasePort}
            [pgbouncer]
            listen_addr = {Host}
            listen_port = {port}
            unix_socket_dir =
            auth_type = scram-sha-256
            auth_file = {Path.Combine(Home, "users.txt")}
            stats_users = {Databases.Audit}
            pool_mode = transaction
            default_pool_size = {SessionsPerService}
            max_client_conn = 500
            server_login_retry = 1
            ignore_startup_parameters = extra_float_digits

            """,
            cancellation);
    }

    async Task Give(string name, string text, CancellationToken cancellation)
    {
        var file = Path.Combine(Home, name);
        await File.WriteAllTextAsync(file, text, cancellation);
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        await ServerUser.GiveTo(file);
    }
}

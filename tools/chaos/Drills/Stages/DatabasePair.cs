using Npgsql;
using Shop.Launcher;
using Shop.Launcher.Processes;
using Shop.Launcher.Servers;

namespace Shop.Chaos.Drills.Stages;

/// <summary>
/// A PostgreSQL server and a standby that follows it synchronously: a commit is answered when both have it on disk. All reach
/// them by one address, which moves when the standby takes over.
/// </summary>
public sealed class DatabasePair(Checkout checkout, DrillEnvironment environment)
{
    const string StandbyName = PostgresServer.Name + "-standby";
    static readonly TimeSpan _limit = TimeSpan.FromSeconds(60);
    static readonly TimeSpan _pollInterval = TimeSpan.FromMilliseconds(50);

    readonly string[] _folders = [checkout.State.Combine(PostgresServer.Name), checkout.State.Combine(StandbyName)];

    // Which of the two folders holds the server in charge.
    int _primary;

    /// <summary>The server in charge goes by the name that every system has.</summary>
    PostgresServer Primary => new(checkout.State, PortOf(_primary)) { Folder = _folders[_primary] };

    PostgresServer Standby => new(checkout.State, PortOf(1 - _primary))
    {
        Process = StandbyName, Folder = _folders[1 - _primary], Follows = Primary,
    };

    public async Task Start(CancellationToken cancellation)
    {
        _primary = 0;
        await Primary.Start(cancellation);
        environment.Forward(checkout.Ports.Postgres, PortOf(_primary));
        await AddStandby(cancellation);
    }

    /// <summary>Ends the server in charge for good.</summary>
    public async Task KillPrimary(CancellationToken cancellation)
    {
        if (await CountFollowers(cancellation) == 0)
        {
            throw new FaultMissed("no standby was in step");
        }

        Primary.Kill();
        if (Primary.IsAlive)
        {
            throw new FaultMissed("it survived a kill -9");
        }
    }

    /// <summary>Puts the standby in charge. It has everything that was ever answered.</summary>
    public async Task Promote(CancellationToken cancellation)
    {
        var heir = Standby;
        await Do(heir, "select pg_promote()", cancellation);
        // The new primary has no standby yet, and would wait for one at every commit.
        await FollowedBy("", heir, cancellation);
        var process = checkout.State.Processes.Find(StandbyName)!;
        checkout.State.Processes.Put(process with { Name = PostgresServer.Name });
        checkout.State.Processes.Remove(StandbyName);
        _primary = 1 - _primary;
        environment.Forward(checkout.Ports.Postgres, PortOf(_primary));
    }

    /// <summary>Makes the dead one's place a copy of the one in charge, and waits for it from then on.</summary>
    public async Task ReplaceDead(CancellationToken cancellation)
    {
        Standby.DeleteCluster();
        await AddStandby(cancellation);
    }

    public void Delete()
    {
        foreach (var folder in _folders)
        {
            new PostgresServer(checkout.State, 0) { Folder = folder }.Delete();
        }
    }

    async Task AddStandby(CancellationToken cancellation)
    {
        await Standby.Start(cancellation);
        await FollowedBy("*", Primary, cancellation);
        if (!await Poll.Until(async () => await CountFollowers(cancellation) > 0, _limit, _pollInterval, cancellation))
        {
            throw new UserError(
                $"The standby did not catch up within {_limit.TotalSeconds:0} s.\n{LogTail.Of(checkout.State, StandbyName)}");
        }
    }

    Task<long> CountFollowers(CancellationToken cancellation) =>
        Ask<long>(Primary, "select count(*) from pg_stat_replication where sync_state = 'sync'", cancellation);

    static async Task FollowedBy(string standbys, PostgresServer server, CancellationToken cancellation)
    {
        await Do(server, $"alter system set synchronous_standby_names = '{standbys}'", cancellation);
        await Do(server, "select pg_reload_conf()", cancellation);
    }

    // The two servers have ports beside the one that the services know.
    int PortOf(int folder) => checkout.Ports.Postgres + 1 + folder;

    static async Task Do(PostgresServer server, string sql, CancellationToken cancellation) => await Ask<object>(server, sql, cancellation);

    static async Task<T?> Ask<T>(PostgresServer server, string sql, CancellationToken cancellation)
    {
        await using var connection = new NpgsqlConnection(server.ConnectionString() + ";Pooling=false");
        await connection.OpenAsync(cancellation);
        await using var command = new NpgsqlCommand(sql, connection);
        return (T?)await command.ExecuteScalarAsync(cancellation);
    }
}

using Npgsql;
using Shop.Launcher;
using Shop.Launcher.Client;
using Shop.Launcher.Processes;
using Shop.Launcher.Servers;

namespace Shop.Support;

/// <summary>
/// A PostgreSQL and a RabbitMQ of a test assembly's own, each started when first asked for and gone with the assembly.
/// They can be stopped, killed and started again while a test runs. Use it as an assembly fixture:
/// <c>[assembly: AssemblyFixture(typeof(TestServers))]</c>.
/// </summary>
public sealed class TestServers : IAsyncLifetime
{
    const string Administrator = "administrator";

    // RabbitMQ writes its list of quorum queues half a second late. If it is killed before that, it comes back with a queue that never gets
    // a leader. Clients cannot find out whether the list is written.
    static readonly TimeSpan _queuesRememberedAfter = TimeSpan.FromSeconds(1);

    readonly StateDirectory _state;
    readonly PostgresServer _postgres;
    readonly RabbitMqServer _rabbitMq;
    readonly BrokerCertificates _certificates;
    readonly Lazy<Task> _postgresStarted;
    readonly Lazy<Task> _rabbitMqStarted;
    int _names;

    public TestServers()
    {
        _state = new(Path.Combine(Checkout.FindRoot(), ".shop", $"{StateDirectory.TestPrefix}{Environment.ProcessId}"));
        var ports = FreePorts.Take(6);
        // Without waiting for the disk: a test's data survives the death of the server, not that of the machine.
        _postgres = new(_state, ports[0], durable: false);
        _rabbitMq = new(
            _state,
            new(ports[1], ports[2], ports[3], ports[4]),
            virtualHost: "/",
            [new(Administrator, _state.Secrets.Password(
                Administrator), BrokerUser.Everything, BrokerUser.Everything, BrokerUser.Everything, Administrator)]);
        _postgresStarted = new(() => _postgres.Start());
        _certificates = new(_state, ports[5]);
        _rabbitMqStarted = new(() =>
        {
            _certificates.Write();
            return _rabbitMq.Start();
        });
    }

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    /// <summary>Makes an empty database with a name of its own.</summary>
    /// <returns>Its connection string, as a user who may do everything in it.</returns>
    public async Task<string> CreateDatabase(string name = "test")
    {
        await _postgresStarted.Value;
        var unique = Unique(name);
        await using var connection = new NpgsqlConnection(_postgres.ConnectionString() + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand($"create database \"{unique}\"", connection);
        await command.ExecuteNonQueryAsync();
        return _postgres.ConnectionString(unique);
    }

    /// <summary>Makes an empty virtual host with a name of its own, and a user who may do everything in it.</summary>
    public async Task<BrokerLogin> CreateVirtualHost(string name = "test")
    {
        await _rabbitMqStarted.Value;
        var unique = Unique(name);
        var login = new BrokerLogin("127.0.0.1", _rabbitMq.Ports.Amqp, unique, _state.Secrets.Password(unique), unique);
        await Restore(login);
        return login;
    }

    /// <summary>Restores the virtual host, the user and its rights.</summary>
    public async Task Restore(BrokerLogin login)
    {
        await Manage(HttpMethod.Put, $"vhosts/{login.VirtualHost}", new { });
        await Manage(HttpMethod.Put, $"users/{login.Username}", new { password = login.Password, tags = "" });
        await Manage(
            HttpMethod.Put, $"permissions/{login.VirtualHost}/{login.Username}", new { configure = ".*", write = ".*", read = ".*" });
    }

    /// <summary>Deletes a virtual host with its queues: the broker recovers every one there is when it starts.</summary>
    public async Task Delete(BrokerLogin login)
    {
        try
        {
            await Manage(HttpMethod.Delete, $"vhosts/{login.VirtualHost}", null);
        }
        catch (Exception error) when (error is HttpRequestException or TaskCanceledException)
        {
            // If a test leaves the broker stopped, the virtual host stays and is not used again.
        }
    }

    /// <summary>A call of the broker's management interface: the path below /api.</summary>
    public Task Manage(HttpMethod method, string path, object? body) =>
        _rabbitMq.Management.Send(method, path, body, CancellationToken.None);

    /// <summary>Runs rabbitmqctl.</summary>
    /// <returns>What it says.</returns>
    public async Task<string> Control(params string[] arguments)
    {
        var home = _state.Combine(RabbitMqServer.Name);
        var result = await Tool.Run(
            [Path.Combine(
                Path.GetDirectoryName(ServerPrograms.RabbitMqServer)!, "rabbitmqctl"), "-q", "-n", _rabbitMq.NodeName, .. arguments],
            environment: new Dictionary<string, string>
            {
                ["HOME"] = home,
                ["ERL_EPMD_PORT"] = $"{_rabbitMq.Ports.NameServer}",
                ["ERL_EPMD_ADDRESS"] = "127.0.0.1",
                ["RABBITMQ_CONF_ENV_FILE"] = Path.Combine(home, "rabbitmq-env.conf"),
                ["LC_ALL"] = "C.UTF-8",
            });
        if (!result.Succeeded)
        {
            throw new InvalidOperationException($"rabbitmqctl {string.Join(' ', arguments)}: {result.Output}");
        }

        return result.Output;
    }

    /// <summary>Ends all connections to a virtual host.</summary>
    public Task CloseConnections(BrokerLogin login) => Control("close_all_connections", "-p", login.VirtualHost, "closed by a test");

    /// <summary>
    /// The same login by TLS, to the name the broker's certificate is for; with the file of the authority that signed it, and that of
    /// another.
    /// </summary>
    public (BrokerLogin Login, string AuthorityFile, string OtherAuthorityFile) ByTls(BrokerLogin login) =>
        (login with { Host = "localhost", Port = _certificates.Port }, _certificates.AuthorityFile, _certificates.OtherAuthorityFile);

    /// <summary>A bearer token that services started here accept.</summary>
    public string Token(string name, string role) =>
        new Tokens(_state.Secrets, TimeProvider.System).Issue(name, role, TimeSpan.FromHours(1));

    /// <summary>A bearer token that every service must refuse: one of <see cref="ForgedTokens.Kinds"/>.</summary>
    public string ForgedToken(string kind) => ForgedTokens.Make(kind, _state.Secrets);

    /// <summary>Settings every service needs; for TestProgram.</summary>
    public Dictionary<string, string> ServiceSettings(string database, BrokerLogin login) => new()
    {
        ["ConnectionStrings__Database"] = database,
        ["Draining__Time"] = "00:00:00",
        ["RabbitMq__Host"] = login.Host,
        ["RabbitMq__Port"] = $"{login.Port}",
        ["RabbitMq__VirtualHost"] = login.VirtualHost,
        ["RabbitMq__Username"] = login.Username,
        ["RabbitMq__Password"] = login.Password,
        ["Authentication__Issuer"] = Tokens.Issuer,
        ["Authentication__Audience"] = Tokens.Audience,
        ["Authentication__PublicKeyFile"] = _state.Secrets.PublicKeyFile,
    };

    /// <summary>Starts a program and waits until it is ready.</summary>
    /// <param name="assembly">Of a referenced project, such as <c>Shop.Inventory</c>.</param>
    public async Task<TestProgram> Start(string assembly, IReadOnlyDictionary<string, string> settings)
    {
        var program = TestProgram.Start(_state, Unique(assembly), FreePorts.Take(1)[0], assembly, settings);
        try
        {
            await program.Ready();
            return program;
        }
        catch
        {
            // The key is only in this process.
            program.Dispose();
            throw;
        }
    }

    public Task StartDatabase() => _postgresStarted.IsValueCreated ? _postgres.Start() : _postgresStarted.Value;

    public Task StopDatabase() => _postgres.Stop();

    /// <summary>Ends all of PostgreSQL's processes at once.</summary>
    public void KillDatabase() => _postgres.Kill();

    /// <summary>Every commit of the server waits for a standby that is not there, until this is disposed of.</summary>
    public Task<StandbyAway> StandbyAway() => Support.StandbyAway.Begin(_postgres.ConnectionString() + ";Pooling=false");

    public Task StartBroker() => _rabbitMqStarted.IsValueCreated ? _rabbitMq.Start() : _rabbitMqStarted.Value;

    public Task StopBroker() => _rabbitMq.Stop();

    /// <summary>Ends all of RabbitMQ's processes at once, after it has had the time to store its list of queues.</summary>
    public async Task KillBroker()
    {
        await QueuesRemembered();
        _rabbitMq.Kill();
    }

    /// <summary>Waits until a RabbitMQ can be killed without losing a queue that was made just now.</summary>
    public static async Task QueuesRemembered()
    {
        using var pause = new PeriodicTimer(_queuesRememberedAfter);
        await pause.WaitForNextTickAsync();
    }

    // The servers are killed, because their data is not needed and a clean stop takes seconds.
    public async ValueTask DisposeAsync()
    {
        _postgres.Kill();
        _rabbitMq.Kill();
        await _postgres.Stop();
        await _rabbitMq.Stop();
        _postgres.Delete();
        if (Directory.Exists(_state.Path))
        {
            Directory.Delete(_state.Path, recursive: true);
        }
    }

    /// <summary>The number of deadlocks that a database has broken.</summary>
    public static async Task<long> DeadLocks(string database)
    {
        await using var connection = new NpgsqlConnection(database + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(
            "select deadlocks from pg_stat_database where datname = current_database()", connection);
        return (long)(await command.ExecuteScalarAsync())!;
    }

    string Unique(string name) => $"{name}-{Interlocked.Increment(ref _names)}";
}

/// <summary>How to log in to the broker.</summary>
public sealed record BrokerLogin(string Host, int Port, string Username, string Password, string VirtualHost);

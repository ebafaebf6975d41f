using Microsoft.EntityFrameworkCore;
using Npgsql;
using Shop.Support;

namespace Shop.Messaging.Tests.Bank;

/// <summary>The test service with a database and queues of its own. It starts replicas and reads the effects of their handlers.</summary>
public sealed class BankScenario : IAsyncDisposable
{
    static readonly IReadOnlyList<string> _queues = [Replica.Accounts, Replica.Statements, Replica.Transfers];

    readonly TestServers _servers;
    readonly BrokerLogin _login;
    readonly string _database;
    readonly List<Replica> _replicas = [];
    readonly List<ChildReplica> _children = [];
    int _deadLettersSeen;

    BankScenario(TestServers servers, string database, BrokerLogin login, RawBroker broker)
    {
        _servers = servers;
        _database = database;
        _login = login;
        Sql = new(NpgsqlDataSource.Create($"{database};Maximum Pool Size=5;Application Name=scenario"));
        Broker = broker;
    }

    public BankSql Sql { get; }

    public RawBroker Broker { get; }

    public BrokerLogin Login => _login;

    /// <summary>The connection string of its database.</summary>
    public string Database => _database;

    public Guid AccountId { get; } = Guid.NewGuid();

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static async Task<BankScenario> Open(TestServers servers)
    {
        var database = await servers.CreateDatabase("bank");
        var login = await servers.CreateVirtualHost("bank");
        var options = new DbContextOptionsBuilder<BankDbContext>().UseNpgsql($"{database};Pooling=false").Options;
        await using var db = new BankDbContext(options);
        await db.Database.EnsureCreatedAsync(Cancellation);
        var scenario = new BankScenario(servers, database, login, await RawBroker.Connect(login, Cancellation));
        db.Accounts.Add(new() { AccountId = scenario.AccountId });
        await db.SaveChangesAsync(Cancellation);
        return scenario;
    }

    public NpgsqlDataSource DataSource(int maxPoolSize = 5) =>
        NpgsqlDataSource.Create($"{_database};Maximum Pool Size={maxPoolSize};No Reset On Close=true;Timeout=5");

    /// <summary>A running replica, ready to consume.</summary>
    public async Task<Replica> Start(string name, params (string Key, string Value)[] settings)
    {
        var replica = Build(name, settings: settings);
        await replica.Start(Cancellation);
        return replica;
    }

    public Replica Build(
        string name, bool withRelay = true, bool handlesTwice = false, params (string Key, string Value)[] settings)
    {
        var replica = Replica.Build(Settings(name, settings), withRelay, handlesTwice);
        _replicas.Add(replica);
        return replica;
    }

    public async Task<ChildReplica> StartChild(string name, params (string Key, string Value)[] settings)
    {
        var child = await ChildReplica.Start(Settings(name, settings), AccountId, Cancellation);
        _children.Add(child);
        return child;
    }

    public static IReadOnlyList<Guid> NewIds(int count) => [.. Enumerable.Range(0, count).Select(_ => Guid.NewGuid())];

    public async Task SendAll(string queue, IEnumerable<RawMessage> messages) =>
        await Task.WhenAll(messages.Select(message => Broker.Send(queue, message)));

    /// <summary>Sends messages to the accounts' endpoint in such a way that they share one transaction.</summary>
    public async Task InOneBatch(Replica replica, params RawMessage[] messages)
    {
        var hold = Guid.NewGuid();
        await Broker.Send(Replica.Accounts, RawBroker.Message(new Hold(hold)));
        await replica.Gate.Reached(hold).WaitAsync(Cancellation);
        foreach (var message in messages)
        {
            await Broker.Send(Replica.Accounts, message);
        }

        await replica.Waiting(Replica.Accounts, messages.Length);
        replica.Gate.Open(hold);
    }

    /// <summary>Where a transfer is; empty if there is none.</summary>
    public async Task<string> State(Guid transferId) =>
        (await Sql.Column<string>($"select \"State\" from bank.\"Transfers\" where \"CorrelationId\" = '{transferId}'")).FirstOrDefault("");

    public Task<int> Steps(Guid transferId) =>
        Sql.Scalar<int>($"select \"Steps\" from bank.\"Transfers\" where \"CorrelationId\" = '{transferId}'");

    /// <summary>Waits until each subject has had its effect.</summary>
    public Task Handled(string kind, IReadOnlyCollection<Guid> subjects) =>
        Wait.Until(() => Sql.CountSubjects(kind), count => count >= subjects.Count, $"{subjects.Count} effects '{kind}'");

    /// <summary>
    /// Use last: waits for the effects, stops all replicas so that nothing is in flight any more, and fails if a message
    /// is left over, became a dead letter that the test has not seen, or had its effect twice.
    /// </summary>
    public async Task HandledOnce(IReadOnlyCollection<Guid> subjects, params string[] kinds)
    {
        foreach (var kind in kinds)
        {
            await Handled(kind, subjects);
        }

        await Settle();
        await NoFurtherDeadLetters(_deadLettersSeen);
        foreach (var kind in kinds)
        {
            Assert.Equal(subjects.Order(), (await Sql.Subjects(kind)).Order());
        }
    }

    /// <summary>
    /// Stops all replicas once the outbox and the queues are empty. What was still being handled comes back to its queue, and
    /// one more replica is there for it.
    /// </summary>
    public async Task Settle()
    {
        await WaitUntilIdle();
        await Task.WhenAll(_replicas.Select(replica => replica.Stop(Cancellation)));
        for (var round = 1; await Waiting() is not ""; round++)
        {
            var replica = await Start($"settling {round}");
            await WaitUntilIdle();
            await replica.Stop(Cancellation);
        }
    }

    /// <summary>Waits until the outbox holds nothing due, and no queue of the service a message.</summary>
    public Task WaitUntilIdle() => Wait.Until(Waiting, waiting => waiting is "", "nothing due in the outbox and nothing in the queues");

    async Task<string> Waiting()
    {
        var waiting = new List<string>();
        foreach (var queue in _queues)
        {
            waiting.Add($"{await Broker.Count(queue)} in {queue}");
        }

        waiting.Add($"{await Sql.CountDue()} in the outbox");
        return string.Join(", ", waiting.Where(place => !place.StartsWith("0 ", StringComparison.Ordinal)));
    }

    public Task NoDeadLetters() => NoFurtherDeadLetters(0);

    /// <summary>Waits for so many dead letters; the one that failed last comes first.</summary>
    public async Task<IReadOnlyList<DeadLetter>> DeadLetters(int count)
    {
        var letters = _replicas[0].DeadLetters;
        var list = await Wait.Until(
            () => letters.List(null, 100, Cancellation), list => list.DeadLetters.Count >= count, $"{count} dead letters");
        Assert.Equal(count, list.DeadLetters.Count);
        _deadLettersSeen = count;
        return list.DeadLetters;
    }

    /// <summary>Waits for the only dead letter.</summary>
    public async Task<DeadLetter> DeadLetter() => Assert.Single(await DeadLetters(1));

    public async ValueTask DisposeAsync()
    {
        foreach (var replica in _replicas)
        {
            await replica.DisposeAsync();
        }

        foreach (var child in _children)
        {
            await child.DisposeAsync();
        }

        await Broker.DisposeAsync();
        await Sql.DisposeAsync();
        await _servers.Delete(_login);
    }

    async Task NoFurtherDeadLetters(int seen) => Assert.Equal(seen, await Sql.CountDeadLetters());

    ReplicaSettings Settings(string name, (string Key, string Value)[] settings)
    {
        var configuration = new Dictionary<string, string?>
        {
            ["RabbitMq:Host"] = _login.Host,
            ["RabbitMq:Port"] = $"{_login.Port}",
            ["RabbitMq:Username"] = _login.Username,
            ["RabbitMq:Password"] = _login.Password,
            ["RabbitMq:VirtualHost"] = _login.VirtualHost,
            ["Messaging:RetryDelayMilliseconds"] = "20",
            ["Messaging:RelayPollMilliseconds"] = "50",
        };
        foreach (var (key, value) in settings)
        {
            configuration[key] = value;
        }

        return new(
            name,
            $"{configuration.GetValueOrDefault("Database", _database)};Application Name={name};Maximum Pool Size={configuration.GetValueOrDefault("Pool", "20")};Command Timeout={configuration.GetValueOrDefault("CommandTimeout", "30")};Max Auto Prepare=100;No Reset On Close=true",
            configuration);
    }
}

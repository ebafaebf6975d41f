using System.Collections.Concurrent;
using System.Text.Json;
using Npgsql;
using RabbitMQ.Client.Events;
using Shop.Contracts.Inventory;
using Shop.Support;

namespace Shop.Inventory.Tests;

/// <summary>Real inventory processes on a database and queues of their own, commanded as Ordering commands them.</summary>
sealed class InventoryScenario : IAsyncDisposable
{
    const string Assembly = "Shop.Inventory";

    readonly TestServers _servers;
    readonly NpgsqlDataSource _sql;
    readonly RawBroker _broker;
    readonly Dictionary<string, string> _settings;
    readonly List<TestProgram> _replicas = [];
    DatabaseLink? _link;

    InventoryScenario(TestServers servers, string database, RawBroker broker, Dictionary<string, string> settings)
    {
        (_servers, Database, _broker, _settings) = (servers, database, broker, settings);
        _sql = NpgsqlDataSource.Create(database + ";Maximum Pool Size=3");
    }

    public string Database { get; }

    public DatabaseLink Link => _link ?? throw new InvalidOperationException("The replicas reach the database directly.");

    public IReadOnlyList<TestProgram> Replicas => _replicas;

    public ConcurrentQueue<BasicDeliverEventArgs> Reserved { get; private set; } = null!;

    public ConcurrentQueue<BasicDeliverEventArgs> Rejected { get; private set; } = null!;

    public ConcurrentQueue<BasicDeliverEventArgs> Released { get; private set; } = null!;

    public ConcurrentQueue<BasicDeliverEventArgs> SaleRejected { get; private set; } = null!;

    public ConcurrentQueue<BasicDeliverEventArgs> Changed { get; private set; } = null!;

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <param name="replicas">Started all at once.</param>
    public static Task<InventoryScenario> Open(TestServers servers, int replicas, params (string Key, string Value)[] settings) =>
        Open(servers, replicas, hasLink: false, settings);

    /// <param name="replicas">Started all at once.</param>
    /// <param name="hasLink">True if they reach the database through <see cref="Link"/>.</param>
    public static async Task<InventoryScenario> Open(
        TestServers servers, int replicas, bool hasLink, params (string Key, string Value)[] settings)
    {
        var database = await servers.CreateDatabase("inventory");
        var login = await servers.CreateVirtualHost("inventory");
        var link = hasLink ? DatabaseLink.To(database) : null;
        var all = servers.ServiceSettings(link?.Database ?? database, login);
        foreach (var (key, value) in settings)
        {
            all[key] = value;
        }

        var scenario = new InventoryScenario(servers, database, await RawBroker.Connect(login, Cancellation), all) { _link = link };
        scenario.Reserved = await scenario.Tap<StockReserved>();
        scenario.Rejected = await scenario.Tap<StockRejected>();
        scenario.Released = await scenario.Tap<StockReleased>();
        scenario.SaleRejected = await scenario.Tap<SaleRejected>();
        scenario.Changed = await scenario.Tap<ProductChanged>();
        await TestProgram.Run(Assembly, "migrate", all);
        await Task.WhenAll(Enumerable.Range(0, replicas).Select(_ => scenario.StartReplica()));
        return scenario;
    }

    public async Task<TestProgram> StartReplica()
    {
        var replica = await _servers.Start(Assembly, _settings);
        lock (_replicas)
        {
            _replicas.Add(replica);
        }

        return replica;
    }

    public Task Send<T>(T command) => SendAll([command]);

    /// <summary>Sends each command a number of times. A repetition has the same message id.</summary>
    public async Task SendAll<T>(IEnumerable<T> commands, int times = 1) =>
        await Task.WhenAll(commands.Select(command => RawBroker.Message(command)).SelectMany(message =>
            Enumerable.Range(0, times).Select(_ => _broker.Send(Queues.Stock, message))));

    public static ReserveStock Reserve(params (string Sku, int Quantity)[] lines) =>
        new(Guid.CreateVersion7(), [.. lines.Select(line => new StockLine(line.Sku, line.Quantity))]);

    public Task Add(string sku, int stock) => Execute(
        $"insert into inventory.products (sku, name, price, version, received, available, held, sold) values ('{sku}', '{sku}', 1, 1, {stock}, {stock}, 0, 0)");

    public async Task<Stock> StockOf(string sku)
    {
        await using var command = _sql.CreateCommand($"select received, available, held, sold from inventory.products where sku = '{sku}'");
        await using var row = await command.ExecuteReaderAsync(Cancellation);
        Assert.True(await row.ReadAsync(Cancellation), $"There is no {sku}.");
        return new(row.GetInt64(0), row.GetInt64(1), row.GetInt64(2), row.GetInt64(3));
    }

    public async Task<long> Version(string sku)
    {
        await using var command = _sql.CreateCommand($"select version from inventory.products where sku = '{sku}'");
        return (long)(await command.ExecuteScalarAsync(Cancellation))!;
    }

    /// <summary>The state of an order's reservation; empty if it has none.</summary>
    public async Task<string> StateOf(Guid orderId)
    {
        await using var command = _sql.CreateCommand($"select state from inventory.reservations where order_id = '{orderId}'");
        return (string?)await command.ExecuteScalarAsync(Cancellation) ?? "";
    }

    public async Task<int> Execute(string sql)
    {
        await using var command = _sql.CreateCommand(sql);
        return await command.ExecuteNonQueryAsync(Cancellation);
    }

    async Task<long> CountOutbox()
    {
        await using var command = _sql.CreateCommand("select count(*) from inventory.outbox");
        return (long)(await command.ExecuteScalarAsync(Cancellation))!;
    }

    public async Task<long> DeadLetters()
    {
        await using var command = _sql.CreateCommand("select count(*) from inventory.dead_letters");
        return (long)(await command.ExecuteScalarAsync(Cancellation))!;
    }

    public static JsonElement Body(BasicDeliverEventArgs delivery) => JsonDocument.Parse(delivery.Body).RootElement;

    public static Guid OrderOf(BasicDeliverEventArgs delivery) => Body(delivery).GetProperty("orderId").GetGuid();

    /// <summary>Waits until each of these orders has an event.</summary>
    public static Task WaitForEvents(ConcurrentQueue<BasicDeliverEventArgs> events, params Guid[] orders) => Wait.Until(
        () => !orders.Except(events.Select(OrderOf)).Any(), $"an event for each of {orders.Length} orders");

    /// <summary>Waits for an answer to each command.</summary>
    /// <returns>The orders whose stock was reserved, and the others. Fails if one was answered twice.</returns>
    public async Task<(HashSet<Guid> Reserved, HashSet<Guid> Rejected)> Answered(IReadOnlyCollection<ReserveStock> commands)
    {
        var orders = commands.Select(command => command.OrderId).ToHashSet();
        await Wait.Until(
            () => Task.FromResult(orders.Except(Reserved.Concat(Rejected).Select(OrderOf)).Count()),
            open => open == 0,
            "all orders answered");
        await WaitUntilIdle();
        var reserved = Reserved.Select(OrderOf).Where(orders.Contains).ToArray();
        var rejected = Rejected.Select(OrderOf).Where(orders.Contains).ToArray();
        Assert.Distinct(reserved.Concat(rejected));
        return ([.. reserved], [.. rejected]);
    }

    /// <summary>Waits until no message is in the queue or the outbox.</summary>
    public Task WaitUntilIdle() => Wait.Until(
        async () => await _broker.Count(Queues.Stock) == 0 && await CountOutbox() == 0, "nothing in the queue and the outbox");

    public async ValueTask DisposeAsync()
    {
        _replicas.ForEach(replica => replica.Dispose());
        await (_link?.DisposeAsync() ?? default);
        await _broker.DisposeAsync();
        await _sql.DisposeAsync();
    }

    Task<ConcurrentQueue<BasicDeliverEventArgs>> Tap<T>() => _broker.Tap(RawBroker.ExchangeOf<T>());
}

sealed record Stock(long Received, long Available, long Held, long Sold);

using System.Collections.Concurrent;
using System.Net.Http.Json;
using System.Text.Json;
using Npgsql;
using RabbitMQ.Client.Events;
using Shop.Contracts.Payment;
using Shop.Support;

namespace Shop.Payment.Tests;

/// <summary>Real payment processes on a database and queues of their own, and a payment provider with a ledger of its own.</summary>
sealed class PaymentScenario : IAsyncDisposable
{
    const string Assembly = "Shop.Payment";

    readonly TestServers _servers;
    readonly RawBroker _broker;
    readonly NpgsqlDataSource _sql;
    readonly Dictionary<string, string> _settings;
    readonly Dictionary<string, string> _providerSettings;
    readonly List<TestProgram> _programs = [];

    PaymentScenario(
        TestServers servers, string database, RawBroker broker, Dictionary<string, string> settings,
        Dictionary<string, string> providerSettings)
    {
        (_servers, _broker, _settings, _providerSettings) = (servers, broker, settings, providerSettings);
        _sql = NpgsqlDataSource.Create(database + ";Maximum Pool Size=3");
    }

    public TestProgram Provider { get; private set; } = null!;

    public ConcurrentQueue<BasicDeliverEventArgs> Taken { get; private set; } = null!;

    public ConcurrentQueue<BasicDeliverEventArgs> Declined { get; private set; } = null!;

    public ConcurrentQueue<BasicDeliverEventArgs> Refunded { get; private set; } = null!;

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static async Task<PaymentScenario> Open(TestServers servers, params (string Key, string Value)[] settings)
    {
        var database = await servers.CreateDatabase("payment");
        var login = await servers.CreateVirtualHost("payment");
        var ledger = Path.Combine(Path.GetTempPath(), $"ledger-{Guid.NewGuid():N}.jsonl");
        var all = servers.ServiceSettings(database, login);
        foreach (var (key, value) in settings)
        {
            all[key] = value;
        }

        var scenario = new PaymentScenario(
            servers, database, await RawBroker.Connect(login, Cancellation), all, new() { ["Ledger__Path"] = ledger });
        scenario.Taken = await scenario._broker.Tap(RawBroker.ExchangeOf<PaymentTaken>());
        scenario.Declined = await scenario._broker.Tap(RawBroker.ExchangeOf<PaymentDeclined>());
        scenario.Refunded = await scenario._broker.Tap(RawBroker.ExchangeOf<PaymentRefunded>());
        scenario.Provider = await scenario.Start("Shop.PaymentProvider", scenario._providerSettings);
        all["CardNetwork__Url"] = scenario.Provider.Address;
        await TestProgram.Run(Assembly, "migrate", all);
        return scenario;
    }

    public Task<TestProgram> StartReplica() => Start(Assembly, _settings);

    public Task Send<T>(T command) => _broker.Send(Queues.Payments, RawBroker.Message(command));

    public static TakePayment Take(string token, decimal amount = 25) => new(Guid.CreateVersion7(), amount, token, "alice");

    /// <summary>Makes the payment provider misbehave.</summary>
    public async Task Misbehave(object faults)
    {
        using var answer = await Provider.Http.PutAsJsonAsync("v1/faults", faults, Cancellation);
        Assert.True(answer.IsSuccessStatusCode);
    }

    /// <summary>The payment provider's ledger about an order, charge by charge.</summary>
    public async Task<IReadOnlyList<(string Amount, string Refunded, string Status)>> Ledger(Guid orderId)
    {
        var charges = await Provider.Http.GetFromJsonAsync<JsonElement[]>($"v1/charges?reference={orderId}", Cancellation);
        return [.. charges!.Select(charge => (Text(charge, "amount"), Text(charge, "refunded"), Text(charge, "status")))];
    }

    /// <summary>Somebody at the payment provider's own console gives money back.</summary>
    /// <param name="amount">Null for all of it.</param>
    public async Task GiveBackAtTheConsole(Guid orderId, string? amount = null)
    {
        var charges = await Provider.Http.GetFromJsonAsync<JsonElement[]>($"v1/charges?reference={orderId}", Cancellation);
        await Post($"v1/charges/{Text(Assert.Single(charges!), "id")}/refunds", amount is null ? new { } : new { amount });
    }

    /// <summary>Somebody charges a card for something the shop knows nothing of.</summary>
    public Task ChargeAtTheConsole(string reference) =>
        Post("v1/charges", new { amount = "7.00", currency = "EUR", token = "tok_visa", reference });

    public async Task<string> StateOf(Guid orderId)
    {
        await using var command = _sql.CreateCommand($"select state from payment.payments where order_id = '{orderId}'");
        return (string?)await command.ExecuteScalarAsync(Cancellation) ?? "";
    }

    /// <summary>How often the payment provider has been called for an order, or was about to be.</summary>
    public async Task<int> AttemptsOf(Guid orderId)
    {
        await using var command = _sql.CreateCommand($"select attempts from payment.payments where order_id = '{orderId}'");
        return await command.ExecuteScalarAsync(Cancellation) as int? ?? 0;
    }

    /// <summary>True once the sweep over the ledger has read the last change of an order's charge.</summary>
    public async Task<bool> SweptPast(Guid orderId)
    {
        var all = await Provider.Http.GetFromJsonAsync<JsonElement[]>("v1/charges?limit=10000", Cancellation);
        var charge = all!.Single(charge => Text(charge, "reference") == $"{orderId}");
        await using var command = _sql.CreateCommand($"select read_until >= '{Text(charge, "changedAt")}' from payment.sweep");
        return await command.ExecuteScalarAsync(Cancellation) is true;
    }

    public static Guid OrderOf(BasicDeliverEventArgs delivery) => Body(delivery).GetProperty("orderId").GetGuid();

    public static JsonElement Body(BasicDeliverEventArgs delivery) => JsonDocument.Parse(delivery.Body).RootElement;

    public static Task WaitForEvents(ConcurrentQueue<BasicDeliverEventArgs> events, params Guid[] orders) => Wait.Until(
        () => orders.Except(events.Select(OrderOf)).Any() is false, $"an event for {orders.Length} orders");

    public async ValueTask DisposeAsync()
    {
        _programs.ForEach(program => program.Dispose());
        await _broker.DisposeAsync();
        await _sql.DisposeAsync();
        File.Delete(_providerSettings["Ledger__Path"]);
    }

    async Task Post(string path, object body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = JsonContent.Create(body, body.GetType()) };
        request.Headers.Add("Idempotency-Key", $"console-{Guid.NewGuid()}");
        using var answer = await Provider.Http.SendAsync(request, Cancellation);
        Assert.True(answer.IsSuccessStatusCode);
    }

    async Task<TestProgram> Start(string assembly, Dictionary<string, string> settings)
    {
        var program = await _servers.Start(assembly, settings);
        _programs.Add(program);
        return program;
    }

    static string Text(JsonElement charge, string name) => charge.GetProperty(name).GetString()!;
}

using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Npgsql;
using Shop.Support;
using Shop.Support.Metrics;

namespace Shop.Ordering.Tests.Orders;

/// <summary>A real ordering process on a database and queues of its own; the test is inventory and payment.</summary>
sealed class OrderingScenario : IAsyncDisposable
{
    const string Assembly = "Shop.Ordering";

    readonly RawBroker _broker;
    readonly NpgsqlDataSource _sql;
    readonly string _token;
    TestProgram _process = null!;

    OrderingScenario(string database, RawBroker broker, string token)
    {
        (_broker, _token) = (broker, token);
        _sql = NpgsqlDataSource.Create(database + ";Maximum Pool Size=3");
    }

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static async Task<OrderingScenario> Open(TestServers servers)
    {
        var database = await servers.CreateDatabase("ordering");
        var login = await servers.CreateVirtualHost("ordering");
        var settings = servers.ServiceSettings(database, login);
        settings["Messaging__RetryDelayMilliseconds"] = "20";
        settings["Invariants__CheckInterval"] = "00:00:00.200";
        await TestProgram.Run(Assembly, "migrate", settings);
        var scenario = new OrderingScenario(
            database, await RawBroker.Connect(login, Cancellation), servers.Token("alice", "customer"));
        await scenario.Execute("insert into ordering.products (sku, name, price, version) values ('MUG-01', 'Mug', 12.50, 1)");
        scenario._process = await servers.Start(Assembly, settings);
        return scenario;
    }

    public async Task<Guid> Place(string? key = null)
    {
        using var request = Request(HttpMethod.Post, "orders");
        request.Content = JsonContent.Create(new { items = new[] { new { sku = "MUG-01", quantity = 2 } }, paymentMethod = "tok_visa" });
        if (key is not null)
        {
            request.Headers.Add("Idempotency-Key", key);
        }

        return (await Json(request)).GetProperty("orderId").GetGuid();
    }

    public async Task Cancel(Guid order)
    {
        using var request = Request(HttpMethod.Post, $"orders/{order}/cancel");
        using var answer = await _process.Http.SendAsync(request, Cancellation);
        answer.EnsureSuccessStatusCode();
        await Is(order, "Cancelling");
    }

    public Task Send(RawMessage message) => _broker.Send(Endpoints.Orders, message);

    /// <summary>Sends a message and waits until its order has this status.</summary>
    public async Task Reach(Guid order, RawMessage message, string status)
    {
        await Send(message);
        await Is(order, status);
    }

    /// <summary>Undoes so many of the transactions that change an order, after everything in them has been done.</summary>
    public Task RollBackNext(int commits) => Execute(
        $$"""
        create sequence attempts;
        grant all on sequence attempts to public;
        create function refuse() returns trigger language plpgsql as $refuse$
        begin
            -- A sequence is not rolled back.
            if nextval('attempts') <= {{commits}} then raise exception 'not yet'; end if;
            return null;
        end $refuse$;
        create constraint trigger refuse after update on ordering.orders deferrable initially deferred for each row execute function refuse();
        """);

    /// <summary>How often an order would have been changed since <see cref="RollBackNext"/>.</summary>
    public async Task<long> Attempts()
    {
        await using var command = _sql.CreateCommand("select last_value from attempts");
        return (long)(await command.ExecuteScalarAsync(Cancellation))!;
    }

    public Task<Scrape> Scrape() => Support.Metrics.Scrape.Of(_process.Http, Cancellation);

    public Task<Scrape> Says(Func<Scrape, bool> holds, string what) => Wait.Until(Scrape, holds, what);

    public Task Ended(string reason, int orders) =>
        Says(scrape => scrape.Sum("shop_orders_ended_total", ("shop_order_reason", reason)) >= orders, $"{orders} orders ended {reason}");

    public async ValueTask DisposeAsync()
    {
        _process?.Dispose();
        await _broker.DisposeAsync();
        await _sql.DisposeAsync();
    }

    Task<string?> Is(Guid order, string status) => Wait.Until(
        async () =>
        {
            using var request = Request(HttpMethod.Get, $"orders/{order}");
            return (await Json(request)).GetProperty("status").GetString();
        },
        found => found == status,
        $"an order that is {status}");

    HttpRequestMessage Request(HttpMethod method, string path)
    {
        var request = new HttpRequestMessage(method, path);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", _token);
        return request;
    }

    async Task<JsonElement> Json(HttpRequestMessage request)
    {
        using var answer = await _process.Http.SendAsync(request, Cancellation);
        return await answer.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<JsonElement>(Cancellation);
    }

    async Task Execute(string sql)
    {
        await using var command = _sql.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(Cancellation);
    }
}

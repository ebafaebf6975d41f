using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Npgsql;
using RabbitMQ.Client.Events;
using Shop.Support;
using Shop.Support.Metrics;

namespace Shop.Ordering.Tests;

/// <summary>A real ordering process on a database and queues of its own; the test is inventory and payment.</summary>
sealed class OrderingScenario : IAsyncDisposable
{
    const string Assembly = "Shop.Ordering";

    readonly RawBroker _broker;
    readonly NpgsqlDataSource _sql;
    readonly TestServers _servers;
    DatabaseLink? _link;

    OrderingScenario(TestServers servers, string database, RawBroker broker)
    {
        (_servers, _broker) = (servers, broker);
        _sql = NpgsqlDataSource.Create(database + ";Maximum Pool Size=3");
    }

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public TestProgram Process { get; private set; } = null!;

    public DatabaseLink Link => _link ?? throw new InvalidOperationException("The process reaches the database directly.");

    public static Task<OrderingScenario> Open(TestServers servers, params (string Key, string Value)[] more) =>
        Open(servers, hasLink: false, more);

    /// <param name="hasLink">True if the process reaches the database through <see cref="Link"/>.</param>
    public static async Task<OrderingScenario> Open(TestServers servers, bool hasLink, params (string Key, string Value)[] more)
    {
        var database = await servers.CreateDatabase("ordering");
        var login = await servers.CreateVirtualHost("ordering");
        var link = hasLink ? DatabaseLink.To(database) : null;
        var settings = servers.ServiceSettings(link?.Database ?? database, login);
        settings["Messaging__RetryDelayMilliseconds"] = "20";
        settings["Invariants__CheckInterval"] = "00:00:00.200";
        foreach (var (key, value) in more)
        {
            settings[key] = value;
        }

        await TestProgram.Run(Assembly, "migrate", settings);
        var scenario = new OrderingScenario(
            servers, database, await RawBroker.Connect(login, Cancellation)) { _link = link };
        await scenario.Execute(
            "insert into ordering.products (sku, name, price, version) values ('MUG-01', 'Mug', 12.50, 1), ('PEN-01', 'Pen', 2.50, 1)");
        scenario.Process = await servers.Start(Assembly, settings);
        return scenario;
    }

    public async Task<Guid> Place(string? key = null)
    {
        // A 503 on a busy machine means that the order was not placed, so it is sent again.
        using var answer = await Wait.Until(
            () => TryPlaceOnce(key), answer => answer.StatusCode != HttpStatusCode.ServiceUnavailable, "an order");
        return (await answer.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<JsonElement>(Cancellation)).GetProperty("orderId")
            .GetGuid();
    }

    public async Task<HttpResponseMessage> TryPlaceOnce(string? key)
    {
        using var request = Order("alice", key);
        return await Process.Http.SendAsync(request, Cancellation);
    }

    public async Task<HttpResponseMessage> TryCancel(Guid order, string key)
    {
        using var request = Request(HttpMethod.Post, $"orders/{order}/cancel", key: key);
        return await Process.Http.SendAsync(request, Cancellation);
    }

    public async Task<IReadOnlyList<Guid>> Orders()
    {
        await using var command = _sql.CreateCommand("select id from ordering.orders order by id");
        await using var reader = await command.ExecuteReaderAsync(Cancellation);
        var orders = new List<Guid>();
        while (await reader.ReadAsync(Cancellation))
        {
            orders.Add(reader.GetGuid(0));
        }

        return orders;
    }

    /// <returns>The order's id; null if it was refused with 503 and Retry-After.</returns>
    public async Task<Guid?> TryPlace(string customer)
    {
        using var request = Order(customer);
        using var answer = await Process.Http.SendAsync(request, Cancellation);
        if (answer.StatusCode == HttpStatusCode.ServiceUnavailable)
        {
            Assert.NotNull(answer.Headers.RetryAfter);
            return null;
        }

        var order = await answer.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<JsonElement>(Cancellation);
        return order.GetProperty("orderId").GetGuid();
    }

    public async Task Cancel(Guid order)
    {
        using var request = Request(HttpMethod.Post, $"orders/{order}/cancel");
        using var answer = await Process.Http.SendAsync(request, Cancellation);
        answer.EnsureSuccessStatusCode();
        await Is(order, "Cancelling");
    }

    /// <summary>Everything of a type that the service sends, without answers.</summary>
    public Task<ConcurrentQueue<BasicDeliverEventArgs>> Sent<T>() => _broker.Tap(RawBroker.ExchangeOf<T>());

    public async Task<string?> Status(Guid order)
    {
        using var request = Request(HttpMethod.Get, $"orders/{order}", "sam", role: "staff");
        return (await Json(request)).GetProperty("status").GetString();
    }

    public Task Send(RawMessage message) => _broker.Send(Queues.Orders, message);

    /// <summary>Sends a message and waits until its order has this status.</summary>
    public async Task Reach(Guid order, RawMessage message, string status)
    {
        await Send(message);
        await Is(order, status);
    }

    /// <summary>Rolls back a number of transactions that change an order, at their ends.</summary>
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

    /// <summary>Moves the confirmation of an order into the past.</summary>
    public Task ConfirmedAgo(Guid order, TimeSpan time) => Execute(
        $"update ordering.orders set confirmed_at = now() - interval '{time.TotalSeconds} seconds' where id = '{order}'");

    /// <summary>How many changes of orders were tried since <see cref="RollBackNext"/>.</summary>
    public async Task<long> Attempts()
    {
        await using var command = _sql.CreateCommand("select last_value from attempts");
        return (long)(await command.ExecuteScalarAsync(Cancellation))!;
    }

    public Task<Scrape> Scrape() => Support.Metrics.Scrape.Of(Process.Http, Cancellation);

    public Task<Scrape> WaitForMetrics(Func<Scrape, bool> holds, string what) => Wait.Until(Scrape, holds, what);

    public Task Ended(string reason, int orders) => WaitForMetrics(
        scrape => scrape.Sum("shop_orders_ended_total", ("shop_order_reason", reason)) >= orders, $"{orders} orders ended {reason}");

    public async ValueTask DisposeAsync()
    {
        Process?.Dispose();
        await (_link?.DisposeAsync() ?? default);
        await _broker.DisposeAsync();
        await _sql.DisposeAsync();
    }

    public Task<string?> Is(Guid order, string status) =>
        Wait.Until(() => Status(order), found => found == status, $"an order that is {status}");

    HttpRequestMessage Order(string customer, string? key = null)
    {
        var request = Request(HttpMethod.Post, "orders", customer, key);
        request.Content = JsonContent.Create(new { items = new[] { new { sku = "MUG-01", quantity = 2 } }, paymentMethod = "tok_visa" });
        return request;
    }

    HttpRequestMessage Request(HttpMethod method, string path, string user = "alice", string? key = null, string role = "customer")
    {
        var request = new HttpRequestMessage(method, path);
        if (key is not null)
        {
            request.Headers.Add("Idempotency-Key", key);
        }

        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", _servers.Token(user, role));
        return request;
    }

    async Task<JsonElement> Json(HttpRequestMessage request)
    {
        using var answer = await Process.Http.SendAsync(request, Cancellation);
        return await answer.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<JsonElement>(Cancellation);
    }

    async Task<int> Execute(string sql)
    {
        await using var command = _sql.CreateCommand(sql);
        return await command.ExecuteNonQueryAsync(Cancellation);
    }
}

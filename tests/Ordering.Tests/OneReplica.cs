using Shop.Contracts.Inventory;
using Shop.Contracts.Payment;
using Shop.Support;

namespace Shop.Ordering.Tests;

/// <summary>All tests of what ordering answers share one replica, and each brings customers of its own.</summary>
[CollectionDefinition]
public sealed class OneReplica : ICollectionFixture<Replica>;

/// <summary>A replica on a database of its own, in which every order goes as far as a test takes it.</summary>
public sealed class Replica(TestServers servers) : IAsyncLifetime
{
    internal OrderingScenario Ordering { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Ordering = await OrderingScenario.Open(servers);

    public ValueTask DisposeAsync() => Ordering?.DisposeAsync() ?? ValueTask.CompletedTask;

    /// <summary>A customer nobody else is.</summary>
    public string NewCustomer() => Token($"customer-{Guid.NewGuid():N}");

    public string Token(string name = "alice", string role = "customer") => servers.Token(name, role);

    public Task<Answer> Send(
        HttpMethod method, string path, string? token, string? json = null, params (string Name, string Value)[] headers) =>
        Ordering.Process.Send(method, path, token, json, headers);

    public Task<Answer> Get(string path, string? token, params (string Name, string Value)[] headers) =>
        Send(HttpMethod.Get, path, token, json: null, headers);

    public Task<Answer> Place(string token, string sku = "MUG-01", int quantity = 1, string? key = null) => Send(
        HttpMethod.Post,
        "/orders",
        token,
        $$"""{"items":[{"sku":"{{sku}}","quantity":{{quantity}}}],"paymentMethod":"tok_visa"}""",
        key is null ? [] : [("Idempotency-Key", key)]);

    public async Task<Guid> PlaceOrder(string token)
    {
        var answer = await Place(token);
        Assert.True(answer.Status == 202, answer.Body);
        return answer.OrderId;
    }

    public Task<Answer> Cancel(Guid order, string token) => Send(HttpMethod.Post, $"/orders/{order}/cancel", token);

    public async Task<Guid> Reserved(string token)
    {
        var order = await PlaceOrder(token);
        await Ordering.Reach(order, RawBroker.Message(new StockReserved(order)), "StockReserved");
        return order;
    }

    public async Task<Guid> Confirmed(string token)
    {
        var order = await Reserved(token);
        await Ordering.Reach(order, RawBroker.Message(new PaymentTaken(order)), "Confirmed");
        return order;
    }

    /// <summary>An order whose stock and money are on their way back.</summary>
    public async Task<Guid> Cancelling(string token)
    {
        var order = await Confirmed(token);
        Assert.Equal(202, (await Cancel(order, token)).Status);
        await Ordering.Is(order, "Cancelling");
        return order;
    }

    /// <summary>Gives back the stock and the money of an order that is being cancelled, as far as it waits for them.</summary>
    public async Task Undo(Guid order)
    {
        await Ordering.Send(RawBroker.Message(new StockReleased(order)));
        await Ordering.Reach(order, RawBroker.Message(new PaymentRefunded(order, 12.50m)), "Cancelled");
    }

    /// <summary>An order that inventory could not serve.</summary>
    public async Task<Guid> OutOfStock(string token)
    {
        var order = await PlaceOrder(token);
        await Ordering.Reach(order, RawBroker.Message(new StockRejected(order, ["MUG-01"])), "Cancelled");
        return order;
    }
}

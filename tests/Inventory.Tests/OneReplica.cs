using Shop.Support;

namespace Shop.Inventory.Tests;

/// <summary>All tests of what inventory answers share one replica with a full catalogue, and change products of their own.</summary>
[CollectionDefinition]
public sealed class OneReplica : ICollectionFixture<Replica>;

/// <summary>A replica on a database of its own.</summary>
public sealed class Replica(TestServers servers) : IAsyncLifetime
{
    internal InventoryScenario Inventory { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Inventory = await InventoryScenario.Open(servers, replicas: 1);

    public ValueTask DisposeAsync() => Inventory?.DisposeAsync() ?? ValueTask.CompletedTask;

    /// <summary>A product nobody else has.</summary>
    public static string NewSku() => "NEW-" + Guid.NewGuid().ToString("N")[..8].ToUpperInvariant();

    public string Customer() => servers.Token("alice", "customer");

    public string Staff() => servers.Token("sam", "staff");

    public Task<Answer> Send(
        HttpMethod method, string path, string? token, string? json = null, params (string Name, string Value)[] headers) =>
        Inventory.Replicas[0].Send(method, path, token, json, headers);

    public Task<Answer> Get(string path) => Send(HttpMethod.Get, path, token: null);

    public Task<Answer> Put(string sku, string json, string? key = null) =>
        Send(HttpMethod.Put, $"/products/{sku}", Staff(), json, key is null ? [] : [("Idempotency-Key", key)]);

    public Task<Answer> Restock(string sku, string json, string? key = null) =>
        Send(HttpMethod.Post, $"/products/{sku}/restock", Staff(), json, key is null ? [] : [("Idempotency-Key", key)]);
}

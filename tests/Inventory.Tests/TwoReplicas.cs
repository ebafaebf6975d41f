using Shop.Support;

namespace Shop.Inventory.Tests;

/// <summary>Two replicas, started at once on an empty database, for tests that bring products of their own.</summary>
public sealed class TwoReplicas(TestServers servers) : IAsyncLifetime
{
    internal InventoryScenario Inventory { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Inventory = await InventoryScenario.Open(servers, replicas: 2);

    public ValueTask DisposeAsync() => Inventory.DisposeAsync();
}

namespace Shop.Inventory.Tests;

/// <summary>Tests that change the database server for all others.</summary>
[CollectionDefinition(DisableParallelization = true)]
public sealed class Alone;

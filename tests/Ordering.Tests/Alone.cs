namespace Shop.Ordering.Tests;

/// <summary>Tests that take the broker away from all others, or listen to the whole process.</summary>
[CollectionDefinition(DisableParallelization = true)]
public sealed class Alone;

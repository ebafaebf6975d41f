namespace Shop.Bench.Peers;

/// <summary>What a load orders; Shop fills its empty catalogue with the same.</summary>
static class Catalogue
{
    public const int Ample = 1_000_000;

    public static IReadOnlyList<(string Sku, decimal Price)> Products { get; } =
        [("MUG-01", 12.50m), ("TEE-01", 19.90m), ("CAP-01", 14.00m), ("PEN-01", 2.50m)];
}

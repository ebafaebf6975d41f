using Shop.Inventory.Products;
using Shop.Messaging;

namespace Shop.Inventory.Tests.Storage;

/// <summary>Answers are stored with these fingerprints, so they never change. A new field does not count at its default.</summary>
public sealed class RequestFingerprintTests
{
    // SHA-256 of {"sku":"MUG-01","quantity":100} and {"sku":"MUG-01","name":"Mug","price":12.5}.
    const string Restock = "1B09BDF20DA70ECBAD14698ECCCEE3F369A0DF5AC2009D22A48EAD901C070903";
    const string Put = "144E2272492A2820B5E60E0EF155C94FD48DAE5FD96E691268F5F93E4BF320CD";

    [Fact]
    public void The_fingerprint_of_a_request_never_changes()
    {
        Assert.Equal(Restock, RequestFingerprint.Of<object>(new RestockProduct.Delivery("MUG-01", 100)));
        Assert.Equal(Put, RequestFingerprint.Of<object>(new PutProduct.Change("MUG-01", "Mug", 12.50m)));
        Assert.Equal(Put, RequestFingerprint.Of<object>(new ChangeOfNextRelease("MUG-01", "Mug", 12.5m)));
    }

    sealed record ChangeOfNextRelease(string Sku, string Name, decimal Price, string? Colour = null);
}

using System.Text.Json;
using Shop.Messaging;
using Shop.Ordering.Orders;

namespace Shop.Ordering.Tests.Storage;

/// <summary>Customers repeat a request across an upgrade or a rollback, so its fingerprint must stay the same.</summary>
public sealed class RequestFingerprintTests
{
    const string Json = """{"items":[{"sku":"MUG-01","quantity":2},{"sku":"PEN-01","quantity":1}],"paymentMethod":"tok_visa"}""";

    // SHA-256 of the text above. Answers are stored with it, so it never changes.
    const string Golden = "487EC47EC58F3323722D3E83E93700BEACF272DB2562B54625382BB212D42B93";

    // Of {"orderId":"01938f5e-5c1a-7000-8000-000000000001"}.
    const string GoldenCancellation = "EA054E2737AB690594D212015D11CCDC70B6A87A92E76189C7257482327DF4BB";

    // What the first release stored for the same with 2.0 mugs.
    const string GoldenWithZero = "32AF5B28F4D8D8A2FA41897EBF33A1DC032DC83DFA6E91D844AF26D8ED4056EB";

    [Fact]
    public void The_fingerprint_of_a_request_never_changes()
    {
        Assert.Equal(Golden, RequestFingerprint.Of(Read(Json)));
        Assert.Equal(Golden, RequestFingerprint.Of<object>(Read(Json)));
    }

    [Fact]
    public void That_of_a_cancellation_never_changes() => Assert.Equal(
        GoldenCancellation, RequestFingerprint.Of<object>(new CancelOrder.Target(Guid.Parse("01938f5e-5c1a-7000-8000-000000000001"))));

    [Theory]
    [InlineData("2.0")]
    [InlineData("2.000")]
    [InlineData("2e0")]
    [InlineData("20e-1")]
    [InlineData("0.2E1")]
    public void However_a_number_is_written_it_is_the_same_request(string quantity)
    {
        var request = Read(Json.Replace(":2}", $":{quantity}}}", StringComparison.Ordinal));

        Assert.Equal(Golden, RequestFingerprint.Of(request));
        Assert.True(RequestFingerprint.Matches(Golden, request));
    }

    [Fact]
    public void An_answer_that_the_release_before_stored_still_belongs_to_its_request()
    {
        var request = Read(Json.Replace(":2}", ":2.0}", StringComparison.Ordinal));

        Assert.True(RequestFingerprint.Matches(GoldenWithZero, request));
        Assert.True(RequestFingerprint.Matches(Golden, Read(Json)));
    }

    [Fact]
    public void Another_request_has_another_fingerprint()
    {
        Assert.False(RequestFingerprint.Matches(Golden, Read(Json.Replace(":2}", ":20}", StringComparison.Ordinal))));
        Assert.False(RequestFingerprint.Matches(Golden, Read(Json.Replace("tok_visa", "tok_slow", StringComparison.Ordinal))));
        Assert.False(RequestFingerprint.Matches(GoldenWithZero, Read(Json.Replace(":2}", ":3}", StringComparison.Ordinal))));
    }

    [Fact]
    public void A_release_with_more_optional_fields_makes_the_same_fingerprint_of_the_same_request()
    {
        var request = JsonSerializer.Deserialize<RequestOfNextRelease>(Json, JsonSerializerOptions.Web)!;

        Assert.Equal(Golden, RequestFingerprint.Of(request));
        Assert.True(RequestFingerprint.Matches(GoldenWithZero, request with { Items = [new("MUG-01", 2.0m), .. request.Items.Skip(1)] }));
    }

    [Fact]
    public void A_new_field_counts_where_it_says_something()
    {
        var request = JsonSerializer.Deserialize<RequestOfNextRelease>(Json, JsonSerializerOptions.Web)!;
        RequestOfNextRelease[] others =
        [
            request with { Note = "ring twice" }, request with { Note = "" }, request with { IsGift = true }, request with { Parcels = 2 },
            request with { Tip = 0.5m }, request with { Items = [request.Items[0] with { Engraving = "A" }, request.Items[1]] },
        ];

        Assert.Equal(others.Length + 1, others.Append(request).Select(RequestFingerprint.Of).Distinct().Count());
    }

    static PlaceOrder.Request Read(string json) => JsonSerializer.Deserialize<PlaceOrder.Request>(json, JsonSerializerOptions.Web)!;

    sealed record ItemOfNextRelease(string Sku, decimal Quantity, string? Engraving = null);

    sealed record RequestOfNextRelease(
        IReadOnlyList<ItemOfNextRelease> Items, string PaymentMethod, string? Note = null, bool IsGift = false, int Parcels = 1,
        decimal Tip = 0);
}

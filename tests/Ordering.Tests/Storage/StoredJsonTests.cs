using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Shop.Ordering.Data;
using Shop.Ordering.Orders;
using Shop.Ordering.Sagas;
using Shop.Support;

namespace Shop.Ordering.Tests.Storage;

/// <summary>
/// Texts as the first release stored them. Each is read by every release after it, and a field that a newer release has added is no
/// obstacle to an older one. None is ever edited; a new field adds a text.
/// </summary>
public sealed class StoredJsonTests
{
    const string OrderId = "0198c0de-0000-7000-8000-000000000001";

    // The options of shared/Messaging.
    static readonly JsonSerializerOptions _wire = new(JsonSerializerDefaults.Web)
    {
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
    };

    [Theory]
    [InlineData(
        nameof(Ordering.Orders.Order.Lines),
        """[{"sku":"MUG-01","quantity":2,"unitPrice":12.50},{"sku":"PEN-01","quantity":1,"unitPrice":2.5}]""")]
    [InlineData(
        nameof(Ordering.Orders.Order.Timeline),
        """
        [{"version":1,"at":"2026-11-23T13:46:15.1234567+00:00","service":"ordering","what":"Order placed","status":"Placed","traceId":null},
         {"version":2,"at":"2026-11-23T13:46:16+00:00","service":"inventory","what":"Stock reserved","status":"StockReserved","traceId":"4bf92f3577b34da6a3ce929d0e0e4736"}]
        """)]
    public void A_column_of_an_order_is_read_as_it_was_once_written(string property, string stored)
    {
        using var db = new OrderingDbContext(new DbContextOptionsBuilder<OrderingDbContext>().UseNpgsql("Host=nowhere").Options);
        var converter = db.Model.FindEntityType(typeof(Order))!.FindProperty(property)!.GetValueConverter()!;

        Assert.Null(StoredJson.Loss(stored, text => (string)converter.ConvertToProvider(converter.ConvertFromProvider(text))!));
    }

    [Fact]
    public void A_stored_answer_is_given_again_as_it_was() => Assert.Null(StoredJson.Loss(
        $$"""{"orderId":"{{OrderId}}","status":"Placed","total":{"amount":"25.00","currency":"EUR"},"placedAt":"2026-11-23T13:46:15.1234567+00:00"}""",
        text => Again<PlaceOrder.Response>(text, JsonSerializerOptions.Web)));

    [Theory]
    [InlineData(typeof(StockOverdue))]
    [InlineData(typeof(PaymentOverdue))]
    [InlineData(typeof(CompensationOverdue))]
    [InlineData(typeof(CancellationRequested))]
    public void A_message_of_orderings_own_that_waits_in_an_outbox_is_read(Type message) => Assert.Null(StoredJson.Loss(
        $$"""{"orderId":"{{OrderId}}"}""",
        text => JsonSerializer.Serialize(JsonSerializer.Deserialize(text, message, _wire), message, _wire)));

    [Fact]
    public void A_cursor_that_a_client_keeps_leads_to_the_same_page() =>
        Assert.True(Cursor.TryParse("AZjA3gAAcACAAAAAAAAAAQ", out var order) && order == Guid.Parse(OrderId));

    static string Again<T>(string text, JsonSerializerOptions options) =>
        JsonSerializer.Serialize(JsonSerializer.Deserialize<T>(text, options), options);
}

using Shop.Inventory.Data;
using Shop.Inventory.Reservations;
using Shop.Support;

namespace Shop.Inventory.Tests.Storage;

/// <summary>
/// Texts as the first release stored them. Each is read by every release after it. None is ever edited; a new field
/// adds a text.
/// </summary>
public sealed class StoredJsonTests
{
    [Fact]
    public void The_lines_of_a_reservation_are_read_as_they_were_once_written()
    {
        using var db = new InventoryDesignTimeDatabase().CreateDbContext([]);
        var converter = db.Model.FindEntityType(typeof(Reservation))!.FindProperty(nameof(Reservation.Lines))!.GetValueConverter()!;

        Assert.Null(StoredJson.Loss(
            """[{"sku":"MUG-01","quantity":2},{"sku":"PEN-01","quantity":1}]""",
            text => (string)converter.ConvertToProvider(converter.ConvertFromProvider(text))!));
    }
}

using Microsoft.EntityFrameworkCore;
using Shop.Inventory.Data;

namespace Shop.Inventory.Tests.Storage;

public sealed class ModelTests
{
    [Fact]
    public void Every_change_of_what_is_stored_has_a_migration()
    {
        using var db = new InventoryDesignTimeDatabase().CreateDbContext([]);

        Assert.False(db.Database.HasPendingModelChanges(), "dotnet ef migrations add NAME --project services/inventory");
    }
}

using Microsoft.EntityFrameworkCore;
using Shop.Ordering.Data;

namespace Shop.Ordering.Tests.Storage;

public sealed class ModelTests
{
    [Fact]
    public void Every_change_of_what_is_stored_has_a_migration()
    {
        using var db = new OrderingDesignTimeDatabase().CreateDbContext([]);

        Assert.False(db.Database.HasPendingModelChanges(), "dotnet ef migrations add NAME --project services/ordering");
    }
}

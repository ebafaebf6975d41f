using Microsoft.EntityFrameworkCore;
using Shop.Payment.Data;

namespace Shop.Payment.Tests.Storage;

public sealed class ModelTests
{
    [Fact]
    public void Every_change_of_what_is_stored_has_a_migration()
    {
        using var db = new PaymentDesignTimeDatabase().CreateDbContext([]);

        Assert.False(db.Database.HasPendingModelChanges(), "dotnet ef migrations add NAME --project services/payment");
    }
}

using Microsoft.EntityFrameworkCore;
using Shop.Payment.Data;
using Shop.Support;

namespace Shop.Payment.Tests.Storage;

/// <summary>A database with payment's tables and no process on it.</summary>
sealed class MigratedDatabase
{
    MigratedDatabase(string connection) => Connection = connection;

    public string Connection { get; }

    public static async Task<MigratedDatabase> Create(TestServers servers)
    {
        var database = await servers.CreateDatabase("payment");
        var login = await servers.CreateVirtualHost("payment");
        var settings = new Dictionary<string, string>(servers.ServiceSettings(database, login))
        {
            ["CardNetwork__Url"] = "http://127.0.0.1:1",
        };
        await TestProgram.Run("Shop.Payment", "migrate", settings);
        return new(database);
    }

    public PaymentDbContext Open() =>
        new(new DbContextOptionsBuilder<PaymentDbContext>().UseNpgsql(Connection).UseSnakeCaseNamingConvention().Options);
}

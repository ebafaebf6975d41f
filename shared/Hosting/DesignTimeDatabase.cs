using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;
using Npgsql;

namespace Shop.Hosting;

/// <summary>Makes a service's DbContext where nothing runs: for <c>dotnet ef migrations add</c>, which looks at the model only.</summary>
public abstract class DesignTimeDatabase<TDb>(string schema) : IDesignTimeDbContextFactory<TDb> where TDb : DbContext
{
    public TDb CreateDbContext(string[] args)
    {
        var options = new DbContextOptionsBuilder<TDb>();
        // Never connected to.
        DatabaseRegistration.Use(options, NpgsqlDataSource.Create($"Host=none;Database={schema}"), schema);
        return (TDb)Activator.CreateInstance(typeof(TDb), options.Options)!;
    }
}

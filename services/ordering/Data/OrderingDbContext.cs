using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.ChangeTracking;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Shop.Hosting;
using Shop.Messaging;
using Shop.Ordering.Orders;
using Shop.Ordering.Products;

namespace Shop.Ordering.Data;

/// <summary>All that ordering stores. One transaction covers orders, inbox and outbox.</summary>
sealed class OrderingDbContext(DbContextOptions<OrderingDbContext> options) : DbContext(options)
{
    public const string Schema = "ordering";

    public DbSet<Order> Orders => Set<Order>();
    public DbSet<Product> Products => Set<Product>();

    protected override void OnModelCreating(ModelBuilder modelBuilder) =>
        modelBuilder
            .HasDefaultSchema(Schema)
            .ApplyConfigurationsFromAssembly(typeof(OrderingDbContext).Assembly)
            .AddMessaging()
            // Each route here has one status, so the column is left out. The previous release reads all columns with prepared statements,
            // and a new column would break each of them once.
            .Entity<StoredAnswer>().Ignore(answer => answer.Status);
}

/// <summary>Found by <c>dotnet ef</c>.</summary>
sealed class OrderingDesignTimeDatabase() : DesignTimeDatabase<OrderingDbContext>(OrderingDbContext.Schema);

sealed class OrderConfiguration : IEntityTypeConfiguration<Order>
{
    public void Configure(EntityTypeBuilder<Order> builder)
    {
        builder.ToTable("orders").HasKey(order => order.CorrelationId);
        builder.Property(order => order.CorrelationId).HasColumnName("id").ValueGeneratedNever();
        builder.Property(order => order.Total).HasPrecision(14, 2);
        builder.Property(order => order.Version).IsConcurrencyToken();
        AsJson(builder.Property(order => order.Lines));
        AsJson(builder.Property(order => order.Timeline));
        builder.Ignore(order => order.IsTerminal);
        // Ids are time-ordered, so these serve "newest first" for one customer and for all.
        builder.HasIndex(order => new { order.CustomerId, order.CorrelationId });
        builder.HasIndex(order => new { order.Status, order.CorrelationId });
        // The index has unfinished orders alone, which are few, however many orders there are.
        builder.HasIndex(order => order.CorrelationId)
            .HasDatabaseName("ix_orders_unfinished")
            .HasFilter("status not in ('Confirmed', 'Cancelled')");
    }

    // Both lists are replaced, never changed in place, so the reference tells whether there is something to save.
    static void AsJson<T>(PropertyBuilder<IReadOnlyList<T>> property) =>
        property.HasColumnType("jsonb").HasConversion(
            list => JsonSerializer.Serialize(list, JsonSerializerOptions.Web),
            json => JsonSerializer.Deserialize<T[]>(json, JsonSerializerOptions.Web)!,
            new ValueComparer<IReadOnlyList<T>>(
                (left, right) => ReferenceEquals(left, right), list => list.GetHashCode(), list => list));
}

sealed class ProductConfiguration : IEntityTypeConfiguration<Product>
{
    public void Configure(EntityTypeBuilder<Product> builder)
    {
        builder.ToTable("products").HasKey(product => product.Sku);
        builder.Property(product => product.Price).HasPrecision(12, 2);
    }
}

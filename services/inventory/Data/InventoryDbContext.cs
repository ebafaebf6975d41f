using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.ChangeTracking;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Shop.Contracts.Inventory;
using Shop.Hosting;
using Shop.Inventory.Products;
using Shop.Inventory.Reservations;
using Shop.Messaging;

namespace Shop.Inventory.Data;

/// <summary>All that inventory stores. One transaction covers products, reservations, inbox and outbox.</summary>
sealed class InventoryDbContext(DbContextOptions<InventoryDbContext> options) : DbContext(options)
{
    public const string Schema = "inventory";

    public DbSet<Product> Products => Set<Product>();
    public DbSet<Reservation> Reservations => Set<Reservation>();

    protected override void OnModelCreating(ModelBuilder modelBuilder) =>
        modelBuilder
            .HasDefaultSchema(Schema)
            .ApplyConfigurationsFromAssembly(typeof(InventoryDbContext).Assembly)
            .AddMessaging();
}

/// <summary>Found by <c>dotnet ef</c>.</summary>
sealed class InventoryDesignTimeDatabase() : DesignTimeDatabase<InventoryDbContext>(InventoryDbContext.Schema);

sealed class ProductConfiguration : IEntityTypeConfiguration<Product>
{
    public void Configure(EntityTypeBuilder<Product> builder)
    {
        // The database itself refuses to oversell, independent of the code.
        builder.ToTable("products", table =>
        {
            table.HasCheckConstraint("ck_products_never_negative", "available >= 0 and held >= 0 and sold >= 0");
            table.HasCheckConstraint("ck_products_conserved", "received = available + held + sold");
        });
        builder.HasKey(product => product.Sku);
        builder.Property(product => product.Price).HasPrecision(12, 2);
    }
}

sealed class ReservationConfiguration : IEntityTypeConfiguration<Reservation>
{
    public void Configure(EntityTypeBuilder<Reservation> builder)
    {
        builder.ToTable("reservations").HasKey(reservation => reservation.OrderId);
        builder.Property(reservation => reservation.OrderId).ValueGeneratedNever();
        builder.Property(reservation => reservation.State).HasConversion<string>();
        // The database's clock decides whether a hold has run out, so a wrong clock of a replica does not matter.
        builder.Property(reservation => reservation.HeldAt).HasDefaultValueSql("now()");
        builder.Property(reservation => reservation.Lines).HasColumnType("jsonb").HasConversion(
            lines => JsonSerializer.Serialize(lines, JsonSerializerOptions.Web),
            json => JsonSerializer.Deserialize<StockLine[]>(json, JsonSerializerOptions.Web)!,
            new ValueComparer<IReadOnlyList<StockLine>>(
                (left, right) => ReferenceEquals(left, right), lines => lines.GetHashCode(), lines => lines));
        builder.HasIndex(reservation => reservation.HeldAt)
            .HasDatabaseName("ix_reservations_held")
            .HasFilter("state = 'Held'");
    }
}

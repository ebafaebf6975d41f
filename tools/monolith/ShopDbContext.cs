using Microsoft.EntityFrameworkCore;

namespace Shop.Monolith;

/// <summary>The one database, with the tables, checks and indexes of the services' three.</summary>
sealed class ShopDbContext(DbContextOptions<ShopDbContext> options) : DbContext(options)
{
    public DbSet<Order> Orders => Set<Order>();
    public DbSet<Product> Products => Set<Product>();

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<Order>(order =>
        {
            order.ToTable("orders");
            order.Property(row => row.Id).ValueGeneratedNever();
            order.Property(row => row.Total).HasPrecision(14, 2);
            order.Property(row => row.Version).IsConcurrencyToken();
            order.ComplexCollection(row => row.Lines, lines => lines.ToJson());
            order.ComplexCollection(row => row.Timeline, steps =>
            {
                steps.ToJson();
                steps.Property(step => step.At).HasJsonPropertyName("at");
            });
            order.HasOne(row => row.Payment).WithOne().HasForeignKey<Payment>(payment => payment.OrderId);
            order.HasIndex(row => new { row.CustomerId, row.Id });
            order.HasIndex(row => new { row.Status, row.Id });
            order.HasIndex(row => row.Id).HasDatabaseName("ix_orders_unfinished").HasFilter("status = 'Placed'");
            order.HasIndex(row => new { row.CustomerId, row.IdempotencyKey }).IsUnique().HasFilter("idempotency_key is not null");
        });
        modelBuilder.Entity<Payment>(payment =>
        {
            payment.ToTable("payments").HasKey(row => row.OrderId);
            payment.Property(row => row.Amount).HasPrecision(14, 2);
            payment.HasIndex(row => row.OrderId).HasDatabaseName("ix_payments_pending").HasFilter("state = 'Pending'");
        });
        modelBuilder.Entity<Product>(product =>
        {
            product.ToTable("products", table =>
            {
                table.HasCheckConstraint("ck_products_never_negative", "available >= 0 and held >= 0 and sold >= 0");
                table.HasCheckConstraint("ck_products_conserved", "received = available + held + sold");
            });
            product.HasKey(row => row.Sku);
            product.Property(row => row.Price).HasPrecision(12, 2);
        });
    }
}

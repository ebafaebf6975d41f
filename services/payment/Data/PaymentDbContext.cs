using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Shop.Hosting;
using Shop.Messaging;
using Shop.Payment.Payments;

namespace Shop.Payment.Data;

/// <summary>All that payment stores. One transaction covers payments, inbox and outbox.</summary>
sealed class PaymentDbContext(DbContextOptions<PaymentDbContext> options) : DbContext(options)
{
    public const string Schema = "payment";

    public DbSet<PaymentIntent> Payments => Set<PaymentIntent>();

    public DbSet<Reconciliation.Difference> Differences => Set<Reconciliation.Difference>();

    protected override void OnModelCreating(ModelBuilder modelBuilder) =>
        modelBuilder
            .HasDefaultSchema(Schema)
            .ApplyConfigurationsFromAssembly(typeof(PaymentDbContext).Assembly)
            .AddMessaging();
}

/// <summary>Found by <c>dotnet ef</c>.</summary>
sealed class PaymentDesignTimeDatabase() : DesignTimeDatabase<PaymentDbContext>(PaymentDbContext.Schema);

sealed class PaymentIntentConfiguration : IEntityTypeConfiguration<PaymentIntent>
{
    public void Configure(EntityTypeBuilder<PaymentIntent> builder)
    {
        builder.ToTable("payments").HasKey(payment => payment.OrderId);
        builder.Property(payment => payment.OrderId).ValueGeneratedNever();
        builder.Property(payment => payment.State).HasConversion<string>();
        builder.Property(payment => payment.Amount).HasPrecision(14, 2);
        builder.Property(payment => payment.RefundedAmount).HasPrecision(14, 2);
        builder.Property(payment => payment.Version).IsRowVersion();
        // The index has only payments that are still to be worked on, so it stays small.
        builder.HasIndex(payment => payment.NextAttemptAt).HasFilter("next_attempt_at is not null");
        builder.HasIndex(payment => payment.LookAgainAt).HasFilter("look_again_at is not null");
    }
}

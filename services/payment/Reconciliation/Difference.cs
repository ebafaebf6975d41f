using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Shop.Payment.Reconciliation;

/// <summary>A charge about which the payment provider's ledger and the payments disagree, and which only people can put right.</summary>
sealed class Difference
{
    public required string ChargeId { get; init; }

    /// <summary>What the ledger says the charge is for; usually an order.</summary>
    public required string Reference { get; init; }

    public required string Expected { get; init; }

    public required string Found { get; init; }

    public DateTimeOffset FirstSeenAt { get; init; }

    public DateTimeOffset CheckedAt { get; init; }
}

sealed class DifferenceConfiguration : IEntityTypeConfiguration<Difference>
{
    public void Configure(EntityTypeBuilder<Difference> builder)
    {
        builder.ToTable("differences").HasKey(difference => difference.ChargeId);
        builder.Property(difference => difference.FirstSeenAt).HasDefaultValueSql("now()");
        builder.Property(difference => difference.CheckedAt).HasDefaultValueSql("now()");
        builder.HasIndex(difference => difference.Reference);
    }
}

/// <summary>How far the ledger has been read: one row for all replicas.</summary>
sealed class SweepProgress
{
    public int Id { get; init; }

    /// <summary>The last change that was read, by the provider's clock; null before the first.</summary>
    public DateTimeOffset? ReadUntil { get; init; }

    /// <summary>The charge of that change.</summary>
    public string? ReadUntilId { get; init; }

    /// <summary>When somebody may sweep next: the end of a lease, or of the pause after a sweep. By the database's clock.</summary>
    public DateTimeOffset DueAt { get; init; }

    /// <summary>Grows with each lease. A replica with an older number cannot write any more.</summary>
    public long Fence { get; init; }

    /// <summary>When the ledger was last read to its end, by the database's clock.</summary>
    public DateTimeOffset SweptAt { get; init; }
}

sealed class SweepProgressConfiguration : IEntityTypeConfiguration<SweepProgress>
{
    public void Configure(EntityTypeBuilder<SweepProgress> builder)
    {
        builder.ToTable("sweep").HasKey(progress => progress.Id);
        builder.Property(progress => progress.Id).ValueGeneratedNever();
    }
}

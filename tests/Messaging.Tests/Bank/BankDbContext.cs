using MassTransit;
using Microsoft.EntityFrameworkCore;

namespace Shop.Messaging.Tests.Bank;

public sealed class BankDbContext(DbContextOptions<BankDbContext> options) : DbContext(options)
{
    public DbSet<Account> Accounts => Set<Account>();

    public DbSet<Effect> Effects => Set<Effect>();

    public DbSet<Transfer> Transfers => Set<Transfer>();

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.HasDefaultSchema("bank");
        modelBuilder.Entity<Account>(account =>
        {
            account.HasKey(row => row.AccountId);
            account.HasIndex(row => row.Name).IsUnique();
        });
        modelBuilder.Entity<Effect>().HasKey(effect => effect.EffectId);
        modelBuilder.Entity<Transfer>().HasKey(transfer => transfer.CorrelationId);
        modelBuilder.AddMessaging();
    }
}

public sealed class Account
{
    public Guid AccountId { get; init; }

    public string? Name { get; init; }

    public decimal Balance { get; set; }
}

/// <summary>An effect of a handler. The table allows duplicates, so that only the messaging core prevents them.</summary>
public sealed class Effect
{
    public long EffectId { get; init; }

    public required string Kind { get; init; }

    public required Guid Subject { get; init; }

    public required string Replica { get; init; }

    public string? TraceId { get; init; }

    public string? ConversationId { get; init; }
}

public sealed class Transfer : SagaStateMachineInstance
{
    public Guid CorrelationId { get; set; }

    public string State { get; set; } = "";

    public int Steps { get; set; }

    public Guid? DeadlineToken { get; set; }
}

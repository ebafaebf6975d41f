using System.Diagnostics;
using MassTransit;
using Microsoft.EntityFrameworkCore;

namespace Shop.Messaging.Tests.Bank;

/// <summary>The name of the replica a handler runs in.</summary>
public sealed record ReplicaName(string Value);

public sealed class DepositConsumer(BankDbContext db, ReplicaName replica) : IConsumer<Deposit>
{
    public async Task Consume(ConsumeContext<Deposit> context)
    {
        var (depositId, accountId, amount) = context.Message;
        if (await db.Accounts.FindAsync([accountId], context.CancellationToken) is { } account)
        {
            account.Balance += amount;
        }

        db.Record("deposit", depositId, replica, context);
        await context.Publish(new Deposited(depositId, accountId, amount));
    }
}

public sealed class DepositedConsumer(BankDbContext db, ReplicaName replica) : IConsumer<Deposited>
{
    public Task Consume(ConsumeContext<Deposited> context)
    {
        db.Record("statement", context.Message.DepositId, replica, context);
        return Task.CompletedTask;
    }
}

/// <summary>Never called: its type already has a handler on the endpoint.</summary>
public sealed class SecondDepositedConsumer : IConsumer<Deposited>
{
    public Task Consume(ConsumeContext<Deposited> context) => Task.CompletedTask;
}

/// <summary>Publishes by the injected endpoint in place of the context.</summary>
public sealed class OpenAccountConsumer(BankDbContext db, ReplicaName replica, IPublishEndpoint publishing)
    : IConsumer<OpenAccount>
{
    public async Task Consume(ConsumeContext<OpenAccount> context)
    {
        db.Accounts.Add(new() { AccountId = context.Message.AccountId, Name = context.Message.Name });
        db.Record("open", context.Message.AccountId, replica, context);
        await publishing.Publish(new Deposited(context.Message.AccountId, context.Message.AccountId, 0));
    }
}

public sealed class OverdrawConsumer(BankDbContext db, ReplicaName replica) : IConsumer<Overdraw>
{
    public async Task Consume(ConsumeContext<Overdraw> context)
    {
        db.Record("overdraw", context.Message.DepositId, replica, context);
        await context.Publish(new Deposited(context.Message.DepositId, context.Message.AccountId, 0));
        throw new InvalidOperationException("The account has no money.");
    }
}

public sealed class HoldConsumer(Gate gate) : IConsumer<Hold>
{
    public Task Consume(ConsumeContext<Hold> context) => gate.Pass(context.Message.HoldId);
}

/// <summary>Locks the accounts a batch will touch, as services are meant to.</summary>
public sealed class AccountPreload : IPreload<BankDbContext>
{
    public async Task Load(BankDbContext db, IReadOnlyCollection<object> messages, CancellationToken cancellation)
    {
        var accountIds = messages.OfType<Deposit>().Select(deposit => deposit.AccountId).Distinct().ToArray();
        if (accountIds is not [])
        {
            await db.Accounts
                .FromSql($"select * from bank.\"Accounts\" where \"AccountId\" = any ({accountIds}) order by \"AccountId\" for update")
                .LoadAsync(cancellation);
        }
    }
}

/// <summary>Locks the sagas a batch will touch: another replica may be at work on the same.</summary>
public sealed class TransferPreload : IPreload<BankDbContext>
{
    public async Task Load(BankDbContext db, IReadOnlyCollection<object> messages, CancellationToken cancellation)
    {
        var transferIds = messages.Select(TransferOf).OfType<Guid>().Distinct().ToArray();
        if (transferIds is not [])
        {
            await db.Transfers
                .FromSql($"select * from bank.\"Transfers\" where \"CorrelationId\" = any ({transferIds}) order by \"CorrelationId\" for update")
                .LoadAsync(cancellation);
        }
    }

    static Guid? TransferOf(object message) => message switch
    {
        StartTransfer started => started.TransferId,
        StepTransfer stepped => stepped.TransferId,
        BreakTransfer broken => broken.TransferId,
        EndTransfer ended => ended.TransferId,
        TransferExpired expired => expired.TransferId,
        _ => null,
    };
}

static class EffectRecording
{
    public static void Record(this BankDbContext db, string kind, Guid subject, ReplicaName replica, ConsumeContext context) =>
        db.Effects.Add(new()
        {
            Kind = kind,
            Subject = subject,
            Replica = replica.Value,
            TraceId = Activity.Current?.TraceId.ToString(),
            ConversationId = context.ConversationId?.ToString(),
        });
}

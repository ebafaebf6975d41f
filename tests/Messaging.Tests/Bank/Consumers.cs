using System.Diagnostics;
using MassTransit;

namespace Shop.Messaging.Tests.Bank;

/// <summary>The name of the replica a handler runs in.</summary>
public sealed record ReplicaName(string Value);

public sealed class DepositConsumer(
    BankDbContext db, Rows<BankDbContext> rows, ReplicaName replica) : IConsumer<Deposit>, INeedRows<Deposit>
{
    public static void Need(Deposit message, NeededRows rows) => rows.Lock<Account>(message.AccountId);

    public async Task Consume(ConsumeContext<Deposit> context)
    {
        var (depositId, accountId, amount) = context.Message;
        if (rows.Find<Account>(accountId) is { } account)
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

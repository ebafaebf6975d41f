using Shop.Messaging.Tests.Bank;
using Shop.Support;

namespace Shop.Messaging.Tests;

/// <summary>A process dies between two steps, and no message is lost or has its effect twice.</summary>
public sealed class CrashTests(TestServers servers)
{
    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_a_killed_process_committed_and_never_published_goes_out_through_another()
    {
        await using var bank = await BankScenario.Open(servers);
        var depositIds = BankScenario.NewIds(300);
        var child = await bank.StartChild("child", ("RabbitMq:Port", "1"));
        child.Deposit(depositIds);
        foreach (var _ in depositIds)
        {
            Assert.NotNull(await child.Committed(Cancellation));
        }

        await child.Kill(Cancellation);
        Assert.Equal(depositIds.Count, await bank.Sql.CountOutbox());
        var heir = await bank.Start("heir");

        await bank.HandledOnce(depositIds, "deposit", "statement");
        Assert.Equal(0, await bank.Sql.CountOutbox());
        Assert.Contains(heir.Log.Lines, line => line.Contains("Adopted"));
    }

    [Fact]
    public async Task Processes_killed_in_mid_stream_lose_and_double_nothing()
    {
        await using var bank = await BankScenario.Open(servers);
        await bank.Start("survivor");
        var acknowledged = new List<Guid>();
        foreach (var committedBeforeDeath in (int[])[1, 150])
        {
            var child = await bank.StartChild($"child {committedBeforeDeath}");
            child.Deposit(BankScenario.NewIds(1_000));
            for (var committed = 0; committed < committedBeforeDeath; committed++)
            {
                acknowledged.Add((await child.Committed(Cancellation))!.Value);
            }

            await child.Kill(Cancellation);
            while (await child.Committed(Cancellation) is { } depositId)
            {
                acknowledged.Add(depositId);
            }
        }

        await bank.Handled("deposit", acknowledged);
        await bank.Settle();
        await bank.NoDeadLetters();
        var deposits = await bank.Sql.Subjects("deposit");
        Assert.Equal(deposits.Distinct().Order(), deposits.Order());
        Assert.Empty(acknowledged.Except(deposits));
        Assert.Equal(deposits.Order(), (await bank.Sql.Subjects("statement")).Order());
        Assert.Equal(deposits.Count, await bank.Sql.Balance(bank.AccountId));
    }

    [Fact]
    public async Task What_was_published_and_not_deleted_goes_out_again_and_has_its_effect_once()
    {
        await using var bank = await BankScenario.Open(servers);
        var depositIds = BankScenario.NewIds(100);
        var deliveries = await bank.Broker.Tap(RawBroker.ExchangeOf<Deposit>());
        await bank.Sql.Execute(
            """
            create function bank.refuse() returns trigger language plpgsql as $$ begin raise exception 'no delete'; end $$;
            create trigger refuse before delete on bank.outbox for each row execute function bank.refuse();
            """);
        var child = await bank.StartChild("child");
        child.Deposit(depositIds);
        foreach (var _ in depositIds)
        {
            Assert.NotNull(await child.Committed(Cancellation));
        }

        await Wait.Until(() => !deliveries.IsEmpty, "deposits published");
        await child.Kill(Cancellation);
        var published = deliveries.Count;
        await bank.Sql.Execute("drop trigger refuse on bank.outbox");

        await bank.Start("heir");

        await bank.HandledOnce(depositIds, "deposit", "statement");
        Assert.InRange(deliveries.Count, depositIds.Count + published, int.MaxValue);
        Assert.Equal(0, await bank.Sql.CountOutbox());
    }
}

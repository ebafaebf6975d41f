using Shop.Messaging.Tests.Bank;
using Shop.Support;

namespace Shop.Messaging.Tests;

/// <summary>
/// Every message that was sent is handled, given up, taken back, or still there. Each is counted in the transaction in which it happens.
/// </summary>
public sealed class AccountTests(TestServers servers)
{
    const string Deposited = "Shop.Messaging.Tests.Bank:Deposited";
    const string Expired = "Shop.Messaging.Tests.Bank:TransferExpired";

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_two_replicas_send_is_what_is_handled_message_by_message()
    {
        await using var bank = await BankScenario.Open(servers);
        var replicas = new[] { await bank.Start("one"), await bank.Start("two") };
        var depositIds = BankScenario.NewIds(60);

        await Task.WhenAll(depositIds.Select((id, number) => replicas[number % 2].Publish(new Deposited(id, bank.AccountId, 0))));

        await bank.HandledOnce(depositIds, "statement");
        Assert.Equal(60, await Messages(bank, "sent", Deposited));
        Assert.Equal(60, await Messages(bank, "handled", Deposited));
        Assert.Equal(await Ids(bank, "sent", Deposited), await Ids(bank, "handled", Deposited));
        Assert.NotEqual(0, await Ids(bank, "sent", Deposited));
    }

    [Fact]
    public async Task What_is_rolled_back_is_not_counted()
    {
        await using var bank = await BankScenario.Open(servers);
        var replica = await bank.Start("one");

        await Assert.ThrowsAsync<InvalidOperationException>(() => replica.Writes.Run<int>(async unit =>
        {
            await unit.Publish(new Deposited(Guid.NewGuid(), bank.AccountId, 0));
            throw new InvalidOperationException("No.");
        }));

        Assert.Equal(0, await bank.Sql.Scalar<long>("select count(*) from bank.message_accounts"));
    }

    [Fact]
    public async Task A_deadline_is_sent_and_then_taken_back_or_handled()
    {
        await using var bank = await BankScenario.Open(servers);
        var replica = await bank.Start("one");
        var (kept, moot) = (Guid.NewGuid(), Guid.NewGuid());
        await replica.Publish(new StartTransfer(kept, TimeSpan.FromMilliseconds(50)));
        await replica.Publish(new StartTransfer(moot, TimeSpan.FromHours(1)));
        await Wait.Until(() => bank.State(moot), state => state == "Waiting", "a transfer");

        await replica.Publish(new EndTransfer(moot));

        await Wait.Until(() => bank.State(kept), state => state == "Expired", "an expired transfer");
        await Wait.Until(() => bank.State(moot), state => state == "Done", "a transfer that ended");
        Assert.Equal(2, await Messages(bank, "sent", Expired));
        Assert.Equal(1, await Messages(bank, "taken back", Expired));
        Assert.Equal(1, await Messages(bank, "handled", Expired));
        Assert.Equal(await Ids(bank, "sent", Expired), await Ids(bank, "taken back", Expired) ^ await Ids(bank, "handled", Expired));
    }

    [Fact]
    public async Task A_message_that_is_discarded_is_counted_once_and_one_that_is_replayed_when_it_is_handled()
    {
        await using var bank = await BankScenario.Open(servers);
        var replica = await bank.Start("one", ("Messaging:Attempts", "1"));
        await replica.Publish(new Overdraw(Guid.NewGuid(), bank.AccountId));
        var letter = await bank.DeadLetter();
        Assert.Equal(0, await Messages(bank, "handled", "Shop.Messaging.Tests.Bank:Overdraw"));

        await replica.Replay(letter.Id, "alice");
        await Wait.Until(async () => (await bank.DeadLetter()).Failures == 2, "a second failure");
        await replica.Discard(letter.Id, "alice");
        await replica.Discard(letter.Id, "alice");

        Assert.Equal(1, await Messages(bank, "sent", "Shop.Messaging.Tests.Bank:Overdraw"));
        Assert.Equal(1, await Messages(bank, "discarded", "Shop.Messaging.Tests.Bank:Overdraw"));
        Assert.Equal(0, await Messages(bank, "handled", "Shop.Messaging.Tests.Bank:Overdraw"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_copy_is_explained_if_the_relay_says_so_and_only_then(bool isSaid)
    {
        await using var bank = await BankScenario.Open(servers);
        var replica = await bank.Start("one");
        var sent = await bank.Broker.Tap(RawBroker.ExchangeOf<Deposited>());
        var depositId = Guid.NewGuid();
        await replica.Publish(new Deposited(depositId, bank.AccountId, 0));
        await bank.Handled("statement", [depositId]);
        var copy = await Wait.Until(() => Task.FromResult(sent.FirstOrDefault()), delivery => delivery is not null, "the message");
        if (isSaid)
        {
            copy!.BasicProperties.Headers!["shop-repeated"] = "true";
        }

        await bank.Broker.Repeat(Replica.Statements, copy!);

        await bank.HandledOnce([depositId], "statement");
        Assert.Equal(isSaid ? 1 : 0, await Messages(bank, "duplicate", Deposited));
        Assert.Equal(isSaid ? 0 : 1, await Messages(bank, "unexplained", Deposited));
        Assert.Equal(1, await Messages(bank, "handled", Deposited));
    }

    [Fact]
    public async Task What_a_dead_replica_has_sent_and_what_the_broker_delivers_again_explain_themselves()
    {
        await using var bank = await BankScenario.Open(servers);
        var depositIds = BankScenario.NewIds(50);
        var one = bank.Build("one", withRelay: false);
        await one.Start(Cancellation);
        await Task.WhenAll(depositIds.Select(id => one.Publish(new Deposited(id, bank.AccountId, 0))));
        var rows = await bank.Sql.Column<Guid>("select message_id from bank.outbox");
        await one.Stop(Cancellation);
        // It is unknown which of them were published before it died.
        await bank.Start("two");
        await bank.Handled("statement", depositIds);

        var repeated = await bank.Sql.Scalar<long>("select count(*) from bank.inbox where copy");

        Assert.Equal(50, rows.Count);
        Assert.Equal(50, repeated);
        await bank.HandledOnce(depositIds, "statement");
        Assert.Equal(0, await Messages(bank, "unexplained", Deposited));
    }

    static Task<long> Messages(BankScenario bank, string action, string kind) => bank.Sql.Scalar<long>(
        $"select coalesce(sum(messages), 0)::bigint from bank.message_accounts where action = '{action}' and kind = '{kind}'");

    static Task<long> Ids(BankScenario bank, string action, string kind) => bank.Sql.Scalar<long>(
        $"select coalesce(bit_xor(ids), 0)::bigint from bank.message_accounts where action = '{action}' and kind = '{kind}'");
}

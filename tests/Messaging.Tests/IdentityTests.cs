using System.Globalization;
using Shop.Messaging.Tests.Bank;
using Shop.Support;

namespace Shop.Messaging.Tests;

/// <summary>
/// Two replicas may have the same host name, address, process id and clock, as in containers, so ids of messages must not depend on them. A
/// random id has version 4, and one that is made of such values has it only by accident.
/// </summary>
public sealed class IdentityTests(TestServers servers)
{
    const int Count = 50;

    [Fact]
    public async Task Every_id_that_leaves_a_process_is_random()
    {
        await using var bank = await BankScenario.Open(servers);
        var replica = await bank.Start("one");
        var published = await bank.Broker.Tap(RawBroker.ExchangeOf<Deposited>());

        var written = BankScenario.NewIds(Count);
        await Task.WhenAll(written.Select(id => replica.Publish(new Deposited(id, bank.AccountId, 1))));
        var deposited = BankScenario.NewIds(Count);
        await bank.SendAll(Replica.Accounts, deposited.Select(id => RawBroker.Message(new Deposit(id, bank.AccountId, 1))));

        await bank.Handled("statement", [.. written, .. deposited]);
        await Wait.Until(() => published.Count == 2 * Count, "all messages published");
        MustBeRandom(published.Select(message => message.BasicProperties.MessageId));
        MustBeRandom(published.Select(message => RawBroker.Header(message.BasicProperties, "MessageId")));
        MustBeRandom(published.Select(message => RawBroker.Header(message.BasicProperties, "ConversationId")));
    }

    [Fact]
    public async Task Every_token_of_a_scheduled_message_is_random_whoever_schedules_it()
    {
        await using var bank = await BankScenario.Open(servers);
        var replica = await bank.Start("one");
        var never = TimeSpan.FromDays(1);

        var tokens = await Task.WhenAll(Enumerable.Range(0, Count).Select(_ =>
            replica.Schedule(Replica.Accounts, new Deposit(Guid.NewGuid(), bank.AccountId, 1), never)));
        await bank.SendAll(Replica.Transfers, BankScenario.NewIds(Count).Select(id => RawBroker.Message(new StartTransfer(id, never))));

        var ofSagas = await Wait.Until(
            () => bank.Sql.Column<Guid>("select \"DeadlineToken\" from bank.\"Transfers\""),
            found => found.Count == Count,
            "all transfers waiting");
        var rows = await bank.Sql.Column<Guid>("select message_id from bank.outbox where due_at > now()");
        Assert.Equal(rows.Order(), tokens.Concat(ofSagas).Order());
        MustBeRandom(rows.Select(row => row.ToString()));
    }

    static void MustBeRandom(IEnumerable<string?> texts)
    {
        var ids = texts.Select(text => Guid.Parse(text!, CultureInfo.InvariantCulture)).ToArray();
        Assert.All(ids, id => Assert.Equal((4, 2), (id.Version, id.Variant >> 2)));
        Assert.Equal(ids.Length, ids.Distinct().Count());
    }
}

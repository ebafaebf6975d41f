using System.Text;
using System.Text.Json;
using RabbitMQ.Client.Events;
using Shop.Messaging.Tests.Bank;
using Shop.Support;

namespace Shop.Messaging.Tests;

public sealed class RelayTests(TestServers servers)
{
    [Fact]
    public async Task Two_replicas_relaying_at_once_skip_nothing_and_keep_the_order_of_each()
    {
        const int Each = 3_000;
        var manyWrites = ("Messaging:WaitingWritesMax", "10000");
        await using var bank = await BankScenario.Open(servers);
        var received = await bank.Broker.Tap(RawBroker.ExchangeOf<Note>());
        var replicas = new[] { await bank.Start("one", manyWrites), await bank.Start("two", manyWrites) };

        await Task.WhenAll(replicas.Select((replica, index) => WriteNotes(replica, $"replica {index}", Each)));
        await Wait.Until(() => received.Count >= 2 * Each, "all notes published");

        await bank.Settle();
        Assert.Equal(0, await bank.Sql.CountOutbox());
        var notes = received.Select(ReadNote).ToArray();
        Assert.Equal(2 * Each, notes.Length);
        foreach (var author in notes.GroupBy(note => note.Author))
        {
            Assert.Equal(Enumerable.Range(0, Each), author.Select(note => note.Number));
        }
    }

    [Fact]
    public async Task Several_messages_of_one_work_go_out_in_the_order_they_were_published()
    {
        await using var bank = await BankScenario.Open(servers);
        var received = await bank.Broker.Tap(RawBroker.ExchangeOf<Note>());
        var replica = await bank.Start("one");

        await replica.Writes.Run(async unit =>
        {
            for (var number = 0; number < 1_200; number++)
            {
                await unit.Publish(new Note("one", number));
            }

            return true;
        });

        await Wait.Until(() => received.Count >= 1_200, "all notes published");
        Assert.Equal(Enumerable.Range(0, 1_200), received.Select(delivery => ReadNote(delivery).Number));
    }

    [Fact]
    public async Task A_message_that_reaches_no_queue_is_kept_and_told_and_delivered_once_there_is_one()
    {
        await using var bank = await BankScenario.Open(servers);
        var replica = await bank.Start("one");
        var depositIds = BankScenario.NewIds(50);

        await replica.Publish(new Note("one", 1));
        await Task.WhenAll(depositIds.Select(id => replica.Publish(new Deposit(id, bank.AccountId, 1))));

        await bank.Handled("statement", depositIds);
        await Wait.Until(
            () => replica.Log.Lines.Any(line => line.Contains("Note: no queue is bound to it")), "a warning about the note");
        await Wait.Until(bank.Sql.CountOutbox, rows => rows == 1, "the note alone in the outbox");
        var received = await bank.Broker.Tap(RawBroker.ExchangeOf<Note>());
        await Wait.Until(() => received.Count == 1, "the note");
        await bank.HandledOnce(depositIds, "deposit");
        Assert.Equal(0, await bank.Sql.CountOutbox());
        Assert.Single(received);
    }

    [Fact]
    public async Task An_announcement_reaches_whoever_listens_and_is_no_error_where_nobody_does()
    {
        await using var bank = await BankScenario.Open(servers);
        var replica = await bank.Start("one");

        await replica.Publish(new Announced("unheard"));
        await Wait.Until(async () => await bank.Sql.CountOutbox() == 0, "an outbox that is empty");
        var received = await bank.Broker.Tap(RawBroker.ExchangeOf<Announced>());
        await replica.Publish(new Announced("heard"));

        await Wait.Until(() => received.Count == 1, "the announcement");
        Assert.Contains("\"heard\"", Encoding.UTF8.GetString(received.Single().Body.Span), StringComparison.Ordinal);
        Assert.DoesNotContain(replica.Log.Lines, line => line.Contains("no queue is bound to it", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_message_for_an_exchange_we_may_not_use_holds_up_no_others()
    {
        await using var bank = await BankScenario.Open(servers);
        await bank.Broker.DeclareTopicExchange(RawBroker.ExchangeOf<Note>());
        var replica = await bank.Start("one");
        var depositIds = BankScenario.NewIds(10);

        await replica.Publish(new Note("one", 1));
        await Task.WhenAll(depositIds.Select(id => replica.Publish(new Deposit(id, bank.AccountId, 1))));

        await bank.Handled("statement", depositIds);
        // A message may be handled before the row that it was sent from is gone.
        await Wait.Until(bank.Sql.CountOutbox, rows => rows == 1, "the note alone in the outbox");
        Assert.Contains(replica.Log.Lines, line => line.Contains("Note: PRECONDITION_FAILED"));
    }

    [Fact]
    public async Task Replicas_that_take_each_other_for_gone_lose_and_double_nothing()
    {
        await using var bank = await BankScenario.Open(servers);
        var one = await bank.Start("one", ("Messaging:RelayPollMilliseconds", "10"));
        var two = await bank.Start("two");
        var depositIds = BankScenario.NewIds(2_000);

        var writing = Task.WhenAll(depositIds.Chunk(20).Select(async (some, index) =>
        {
            foreach (var depositId in some)
            {
                await (index % 2 == 0 ? one : two).Publish(new Deposit(depositId, bank.AccountId, 1));
            }
        }));
        while (!writing.IsCompleted)
        {
            await bank.Sql.Execute("update bank.outbox_leases set until = '-infinity'");
        }

        await writing;
        await bank.HandledOnce(depositIds, "deposit", "statement");
    }

    static async Task WriteNotes(Replica replica, string author, int count)
    {
        var number = 0;
        await Task.WhenAll(Enumerable.Range(0, count).Select(_ => replica.Writes.Run(async unit =>
        {
            await unit.Publish(new Note(author, number++));
            return true;
        })));
    }

    static Note ReadNote(BasicDeliverEventArgs delivery) =>
        JsonSerializer.Deserialize<Note>(delivery.Body.Span, JsonSerializerOptions.Web)!;
}

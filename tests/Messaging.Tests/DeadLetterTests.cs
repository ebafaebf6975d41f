using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Shop.Messaging.Tests.Bank;
using Shop.Support;

namespace Shop.Messaging.Tests;

/// <summary>A dead letter is kept with everything known about it. Staff can replay or discard it, and their names are recorded.</summary>
public sealed class DeadLetterTests(TestServers servers)
{
    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task It_keeps_message_reason_and_trace()
    {
        await using var bank = await BankScenario.Open(servers);
        var replica = await bank.Start("one");
        var message = RawBroker.Message(new Overdraw(Guid.NewGuid(), bank.AccountId)) with
        {
            Trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        };

        await bank.Broker.Send(Replica.Accounts, message);

        var letter = await bank.DeadLetter();
        Assert.StartsWith($"{Replica.Accounts}-", letter.Id);
        Assert.Equal(Replica.Accounts, letter.Endpoint);
        Assert.Equal(message.MessageId, letter.MessageId.ToString());
        Assert.Equal(message.Type, letter.MessageType);
        Assert.Equal("0af7651916cd43dd8448eb211c80319c", letter.TraceId);
        Assert.Equal(DeadLetterStatus.Waiting, letter.Status);
        Assert.Equal(1, letter.Failures);
        Assert.False(letter.Handled);
        var content = (await replica.DeadLetters.Find(letter.Id, Cancellation))!;
        Assert.Equal(System.Text.Encoding.UTF8.GetString(message.Body), content.Body);
        Assert.Equal(message.Type, content.Headers["MT-MessageType"]);
        Assert.Contains(nameof(OverdrawConsumer), content.StackTrace);
    }

    [Fact]
    public async Task A_message_that_comes_again_is_the_same_dead_letter()
    {
        await using var bank = await BankScenario.Open(servers);
        await bank.Start("one");
        var message = RawBroker.Message(new Overdraw(Guid.NewGuid(), bank.AccountId));

        await bank.SendAll(Replica.Accounts, [message, message, message]);

        await Failed(bank, 3);
    }

    [Fact]
    public async Task Another_message_under_the_same_id_is_another_dead_letter()
    {
        await using var bank = await BankScenario.Open(servers);
        await bank.Start("one");
        var message = RawBroker.Message(new Overdraw(Guid.NewGuid(), bank.AccountId));

        await bank.SendAll(Replica.Accounts, [message, message with { Body = "{}"u8.ToArray() }]);

        await bank.DeadLetters(2);
    }

    [Fact]
    public async Task Replayed_by_many_at_once_it_has_its_effect_once()
    {
        await using var bank = await BankScenario.Open(servers);
        var replica = await bank.Start("one");
        var (letter, accountId) = await Blocked(bank);
        await Unblock(bank);

        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(n => replica.Replay(letter.Id, $"operator {n}")));

        Assert.All(answers, answer => Assert.Equal(DeadLetterStatus.Replayed, answer!.Status));
        Assert.Single(answers.Select(answer => answer!.DecidedBy).Distinct());
        await Wait.Until(() => bank.DeadLetter(), now => now.Handled, "the replayed message handled");
        await bank.Handled("statement", [accountId]);
        await bank.Settle();
        Assert.Single(await bank.Sql.Subjects("open"), opened => opened == accountId);
        Assert.Single(await bank.Sql.Subjects("statement"), stated => stated == accountId);
    }

    [Fact]
    public async Task Replayed_too_early_it_waits_again_and_remembers_who_tried()
    {
        await using var bank = await BankScenario.Open(servers);
        var replica = await bank.Start("one");
        var (letter, accountId) = await Blocked(bank);

        await replica.Replay(letter.Id, "alice");

        await Failed(bank, 2);
        var again = await bank.DeadLetter();
        Assert.Equal((DeadLetterStatus.Waiting, "alice"), (again.Status, again.DecidedBy));
        await Unblock(bank);
        await replica.Replay(letter.Id, "bob");
        await bank.Handled("statement", [accountId]);
        Assert.Equal("bob", (await bank.DeadLetter()).DecidedBy);
    }

    [Fact]
    public async Task A_message_without_an_id_is_replayed_once_too()
    {
        await using var bank = await BankScenario.Open(servers);
        var replica = await bank.Start("one");
        var depositId = Guid.NewGuid();
        await bank.Broker.Send(Replica.Accounts, RawBroker.Message(new Deposit(depositId, bank.AccountId, 1)) with { MessageId = null });
        var letter = await bank.DeadLetter();

        await replica.Replay(letter.Id, "alice");
        await bank.Handled("deposit", [depositId]);
        // Inserts the same row again, as after a crash between publishing and deleting.
        await bank.Sql.Execute("update bank.dead_letters set status = 'Waiting'");
        await replica.Replay(letter.Id, "alice");
        await bank.Settle();

        Assert.Equal([depositId], await bank.Sql.Subjects("deposit"));
    }

    [Fact]
    public async Task Discarded_it_cannot_be_replayed_and_copies_of_it_are_dropped()
    {
        await using var bank = await BankScenario.Open(servers);
        var replica = await bank.Start("one");
        var (letter, accountId) = await Blocked(bank);

        var discarded = await replica.Discard(letter.Id, "alice");
        Assert.Equal((DeadLetterStatus.Discarded, "alice", true), (discarded!.Status, discarded.DecidedBy, discarded.Handled));
        Assert.Equal(DeadLetterStatus.Discarded, (await replica.Replay(letter.Id, "bob"))!.Status);
        Assert.Equal("alice", (await replica.Discard(letter.Id, "bob"))!.DecidedBy);
        await Unblock(bank);
        var copy = (await replica.DeadLetters.Find(letter.Id, Cancellation))!;
        await bank.Broker.Send(
            Replica.Accounts, new(letter.MessageId.ToString(), letter.MessageType, System.Text.Encoding.UTF8.GetBytes(copy.Body)));
        await bank.Settle();

        Assert.DoesNotContain(accountId, await bank.Sql.Subjects("open"));
    }

    [Fact]
    public async Task A_message_that_cannot_be_put_aside_waits_until_it_can()
    {
        await using var bank = await BankScenario.Open(servers);
        var replica = await bank.Start("one");
        var neighbours = BankScenario.NewIds(5);
        await bank.Sql.Execute("alter table bank.dead_letters rename to away");

        await bank.Broker.Send(Replica.Accounts, RawBroker.Message(new Overdraw(Guid.NewGuid(), bank.AccountId)));
        await Wait.Until(
            () => replica.Log.Lines.Any(line => line.Contains("be neither handled nor stored as a dead letter")), "the failure in the log");
        await bank.SendAll(Replica.Accounts, neighbours.Select(id => RawBroker.Message(new Deposit(id, bank.AccountId, 1))));
        await bank.Handled("statement", neighbours);
        await bank.Sql.Execute("alter table bank.away rename to dead_letters");

        await bank.DeadLetter();
    }

    [Fact]
    public async Task What_a_copy_of_it_did_is_never_forgotten_so_a_replay_does_not_do_it_again()
    {
        await using var bank = await BankScenario.Open(servers);
        var replica = await bank.Start("one");
        await bank.Sql.Execute(
            """
            create function bank.refuse() returns trigger language plpgsql as $$ begin raise exception 'too much' using errcode = '22003'; end $$;
            create trigger refuse before update on bank."Accounts" for each row execute function bank.refuse();
            """);
        var depositId = Guid.NewGuid();
        var message = RawBroker.Message(new Deposit(depositId, bank.AccountId, 1));
        await bank.Broker.Send(Replica.Accounts, message);
        var letter = await bank.DeadLetter();
        await bank.Sql.Execute("drop trigger refuse on bank.\"Accounts\"");
        await bank.Broker.Send(Replica.Accounts, message);
        await bank.Handled("deposit", [depositId]);
        await bank.WaitUntilIdle();
        await bank.Sql.Execute("update bank.inbox set received_at = now() - interval '1 year'");

        var purge = replica.Services.GetServices<IHostedService>().OfType<Purge<BankDbContext>>().Single();
        var inbox = purge.Rules.Single(rule => rule.Table.EndsWith("inbox", StringComparison.Ordinal));
        Assert.InRange(await purge.Step(inbox, Cancellation), 1, int.MaxValue);
        await replica.Replay(letter.Id, "alice");
        await bank.Settle();

        Assert.Equal([depositId], await bank.Sql.Subjects("deposit"));
    }

    [Fact]
    public async Task Those_that_wait_are_kept_however_old_they_are()
    {
        await using var bank = await BankScenario.Open(servers);
        var replica = await bank.Start("one", ("Messaging:DeadLetterRetentionDays", "90"));
        var ids = new List<string>();
        for (var n = 0; n < 3; n++)
        {
            await bank.Broker.Send(Replica.Accounts, RawBroker.Message(new Overdraw(Guid.NewGuid(), bank.AccountId)));
            ids.Add((await bank.DeadLetters(n + 1)).Single(letter => !ids.Contains(letter.Id)).Id);
        }

        await replica.Discard(ids[0], "alice");
        await bank.Sql.Execute(
            "update bank.dead_letters set decided_at = now() - interval '91 days', first_failed_at = now() - interval '200 days', last_failed_at = now() - interval '100 days'");
        await replica.Discard(ids[1], "alice");
        var purge = replica.Services.GetServices<IHostedService>().OfType<Purge<BankDbContext>>().Single();

        Assert.Equal(
            1, await purge.Step(purge.Rules.Single(rule => rule.Table.EndsWith("dead_letters", StringComparison.Ordinal)), Cancellation));

        Assert.Equal(ids[1..].Order(), (await bank.DeadLetters(2)).Select(letter => letter.Id).Order());
    }

    /// <summary>A message that fails until <see cref="Unblock"/>: an account of its name exists.</summary>
    static async Task<(DeadLetter Letter, Guid AccountId)> Blocked(BankScenario bank)
    {
        var (first, second) = (Guid.NewGuid(), Guid.NewGuid());
        await bank.Broker.Send(Replica.Accounts, RawBroker.Message(new OpenAccount(first, "Ada")));
        await bank.Handled("open", [first]);
        await bank.Broker.Send(Replica.Accounts, RawBroker.Message(new OpenAccount(second, "Ada")));
        return (await bank.DeadLetter(), second);
    }

    static Task<int> Unblock(BankScenario bank) =>
        bank.Sql.Execute("update bank.\"Accounts\" set \"Name\" = 'Ada the first' where \"Name\" = 'Ada'");

    static Task<DeadLetter> Failed(BankScenario bank, int times) =>
        Wait.Until(() => bank.DeadLetter(), letter => letter.Failures == times, $"{times} failures of one dead letter");
}

using Shop.Messaging.Tests.Bank;
using Shop.Support;

namespace Shop.Messaging.Tests;

/// <summary>A message that cannot be handled becomes a dead letter with its reason, and its neighbours commit.</summary>
public sealed class PoisonTests(TestServers servers)
{
    const string Id = "6f1c7e9e-7a9c-4a0e-9d5b-0e3f5d1b2c3d";

    [Fact]
    public async Task A_handler_that_throws_leaves_nothing_behind_and_spares_its_neighbours()
    {
        await using var bank = await BankScenario.Open(servers);
        using var batches = new BatchSizes(Replica.Accounts);
        var replica = await bank.Start("one");
        var (poison, neighbours) = (Guid.NewGuid(), BankScenario.NewIds(20));
        var messages = Deposits(bank, neighbours).ToList();
        messages.Insert(10, RawBroker.Message(new Overdraw(poison, bank.AccountId)));

        await bank.InOneBatch(replica, [.. messages]);

        await AssertDeadLetter(bank, "The account has no money.", typeof(InvalidOperationException));
        await bank.HandledOnce(neighbours, "deposit", "statement");
        Assert.Empty(await bank.Sql.Subjects("overdraw"));
        Assert.Equal(neighbours.Count, await bank.Sql.Balance(bank.AccountId));
    }

    [Fact]
    public async Task A_unique_violation_fails_one_of_two_and_spares_its_neighbours()
    {
        await using var bank = await BankScenario.Open(servers);
        var replica = await bank.Start("one");
        var (first, second, neighbours) = (Guid.NewGuid(), Guid.NewGuid(), BankScenario.NewIds(20));

        await bank.InOneBatch(replica, [
            RawBroker.Message(new OpenAccount(first, "Ada")),
            .. Deposits(bank, neighbours),
            RawBroker.Message(new OpenAccount(second, "Ada"))]);

        await AssertDeadLetter(bank, "duplicate key value");
        await bank.HandledOnce(neighbours, "deposit");
        Assert.Equal([first], await bank.Sql.Subjects("open"));
        Assert.Equal(neighbours.Append(first).Order(), (await bank.Sql.Subjects("statement")).Order());
    }

    [Fact]
    public async Task A_body_that_is_no_such_message_becomes_a_dead_letter_with_its_reason()
    {
        (string Body, string Reason)[] cases =
        [
            ("{ this is not JSON", "'t' is an invalid start of a property name"),
            ("", "missing required properties including: 'depositId'"),
            ("[]", "could not be converted"),
            ($$"""{"depositId":"{{Id}}","amount":1}""", "missing required properties including: 'accountId'"),
            ($$"""{"depositId":"{{Id}}","accountId":"{{Id}}","amount":"many"}""", "'String' as a number"),
            ($$"""{"depositId":"{{Id}}","accountId":"{{Id}}","amount":1e99}""", "too large"),
            ($$"""{"depositId":12,"accountId":"{{Id}}","amount":1}""", "'Number' as a string"),
            ($$"""{"depositId":null,"accountId":"{{Id}}","amount":1}""", "'Null' as a string"),
        ];
        await using var bank = await BankScenario.Open(servers);
        var replica = await bank.Start("one");
        var neighbours = BankScenario.NewIds(20);
        var broken = cases.ToDictionary(_ => Guid.NewGuid().ToString());

        await bank.SendAll(Replica.Accounts, [
            .. Deposits(bank, neighbours.Take(10)),
            .. broken.Select(one =>
                RawBroker.Message(new Deposit(Guid.NewGuid(), bank.AccountId, 1)).WithBody(one.Value.Body) with { MessageId = one.Key }),
            .. Deposits(bank, neighbours.Skip(10))]);

        foreach (var letter in await bank.DeadLetters(cases.Length))
        {
            var (body, reason) = broken[letter.MessageId!.Value.ToString()];
            Assert.Contains(reason, letter.Reason);
            Assert.Equal(body, (await replica.DeadLetters.Find(letter.Id, TestContext.Current.CancellationToken))!.Body);
        }

        await bank.HandledOnce(neighbours, "deposit", "statement");
    }

    [Fact]
    public async Task A_message_without_an_id_becomes_a_dead_letter()
    {
        await using var bank = await BankScenario.Open(servers);
        await bank.Start("one");
        var neighbours = BankScenario.NewIds(1);
        var message = RawBroker.Message(new Deposit(Guid.NewGuid(), bank.AccountId, 1));

        await bank.SendAll(Replica.Accounts, [message with { MessageId = null }, .. Deposits(bank, neighbours)]);

        await AssertDeadLetter(bank, "no MessageId", typeof(InvalidMessageException));
        await bank.HandledOnce(neighbours, "deposit");
    }

    [Theory]
    [InlineData("urn:message:Shop.Messaging.Tests.Bank:Unheard")]
    [InlineData("not a type at all")]
    [InlineData("urn:message:a\0b")]
    [InlineData("\0")]
    public async Task A_message_of_a_type_nobody_knows_is_set_aside(string type)
    {
        await using var bank = await BankScenario.Open(servers);
        await bank.Start("one");
        var neighbours = BankScenario.NewIds(1);
        var message = RawBroker.Message(new Deposit(Guid.NewGuid(), bank.AccountId, 1));

        await bank.SendAll(Replica.Accounts, [message with { Type = type }, .. Deposits(bank, neighbours)]);

        var letter = await AssertDeadLetter(bank, "No handler", typeof(UnknownMessageTypeException));
        Assert.Equal(message.MessageId, letter.MessageId.ToString());
        await bank.HandledOnce(neighbours, "deposit");
    }

    [Fact]
    public async Task A_message_that_does_not_tell_its_type_becomes_a_dead_letter()
    {
        await using var bank = await BankScenario.Open(servers);
        await bank.Start("one");
        var neighbours = BankScenario.NewIds(1);
        var message = RawBroker.Message(new Deposit(Guid.NewGuid(), bank.AccountId, 1));

        await bank.SendAll(Replica.Accounts, [message with { Type = null }, .. Deposits(bank, neighbours)]);

        await AssertDeadLetter(bank, "");
        await bank.HandledOnce(neighbours, "deposit");
    }

    [Fact]
    public async Task The_pause_before_another_attempt_holds_up_nobody()
    {
        await using var bank = await BankScenario.Open(servers);
        var replica = await bank.Start("one", ("Messaging:RetryDelayMilliseconds", "3000"));
        var neighbours = BankScenario.NewIds(50);
        var poison = Enumerable.Range(0, 20).Select(_ => RawBroker.Message(new Overdraw(Guid.NewGuid(), bank.AccountId)));

        await bank.InOneBatch(replica, [.. poison, .. Deposits(bank, neighbours)]);

        await bank.Handled("statement", neighbours);
        await bank.NoDeadLetters();
    }

    static IEnumerable<RawMessage> Deposits(BankScenario bank, IEnumerable<Guid> depositIds) =>
        depositIds.Select(id => RawBroker.Message(new Deposit(id, bank.AccountId, 1)));

    static async Task<DeadLetter> AssertDeadLetter(BankScenario bank, string reason, Type? exception = null)
    {
        var letter = await bank.DeadLetter();
        Assert.Contains(reason, letter.Reason);
        if (exception is not null)
        {
            Assert.Equal(exception.FullName, letter.ExceptionType);
        }

        return letter;
    }
}

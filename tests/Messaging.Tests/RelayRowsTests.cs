using Shop.Messaging.Tests.Bank;
using Shop.Support;

namespace Shop.Messaging.Tests;

/// <summary>Which rows a relay publishes next, from memory and from the table, without a broker.</summary>
public sealed class RelayRowsTests(TestServers servers)
{
    const long Owner = 1;

    static readonly MessagingTables _tables = new(
        "bank.inbox", "bank.outbox", "bank.outbox_leases", "bank.dead_letters", "bank.message_accounts");

    // A relay looks at the table whenever it is asked.
    static readonly MessagingOptions _looksAlways = new() { RelayPollMilliseconds = 0 };

    // A relay looks at the table only when it knows that memory has not got everything.
    static readonly MessagingOptions _looksSeldom = new() { RelayPollMilliseconds = 60_000 };

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_row_that_was_handed_over_is_next_and_comes_once_whenever_the_table_is_looked_at(bool looksAlways)
    {
        await using var bank = await BankScenario.Open(servers);
        await using var database = bank.DataSource();
        var rows = new RelayRows(database, _tables, Owner, looksAlways ? _looksAlways : _looksSeldom);
        await rows.Begin(Cancellation);
        Assert.Empty(await rows.Next(deadlines: true, Cancellation));
        using var handover = rows.Fresh.Begin();

        var row = await Insert(bank, handover);
        handover.Committed();

        Assert.Equal([row.Seq], (await rows.Next(deadlines: true, Cancellation)).Select(next => next.Seq));
        await rows.Published([row], new([], []));
        Assert.Empty(await rows.Next(deadlines: true, Cancellation));
    }

    [Fact]
    public async Task A_row_that_is_being_committed_is_left_to_its_handover()
    {
        await using var bank = await BankScenario.Open(servers);
        await using var database = bank.DataSource();
        var rows = new RelayRows(database, _tables, Owner, _looksAlways);
        await rows.Begin(Cancellation);
        using var handover = rows.Fresh.Begin();

        var row = await Insert(bank, handover);

        Assert.Empty(await rows.Next(deadlines: true, Cancellation));
        handover.Committed();
        Assert.Equal([row.Seq], (await rows.Next(deadlines: true, Cancellation)).Select(next => next.Seq));
    }

    [Fact]
    public async Task A_row_whose_commit_has_an_unknown_outcome_is_found_in_the_table()
    {
        await using var bank = await BankScenario.Open(servers);
        await using var database = bank.DataSource();
        var rows = new RelayRows(database, _tables, Owner, _looksAlways);
        await rows.Begin(Cancellation);
        var handover = rows.Fresh.Begin();

        var row = await Insert(bank, handover);
        handover.Dispose();

        Assert.Equal([row.Seq], (await rows.Next(deadlines: true, Cancellation)).Select(next => next.Seq));
    }

    [Fact]
    public async Task A_row_that_was_committed_under_an_earlier_lease_is_taken_from_the_table_alone()
    {
        await using var bank = await BankScenario.Open(servers);
        await using var database = bank.DataSource();
        var rows = new RelayRows(database, _tables, Owner, _looksSeldom);
        await rows.Begin(Cancellation);
        var (before, during) = (rows.Fresh.Begin(), rows.Fresh.Begin());
        await Insert(bank, before);
        before.Committed();
        await Insert(bank, during);

        await rows.Begin(Cancellation);
        during.Committed();
        before.Dispose();
        during.Dispose();

        var next = await rows.Next(deadlines: true, Cancellation);
        Assert.Equal(2, next.Count);
        await rows.Published(next, new([], []));
        Assert.Empty(await rows.Next(deadlines: true, Cancellation));
    }

    // As a batch does it: expected, written, and handed over with the number that the table has given it.
    static async Task<RelayRow> Insert(BankScenario bank, FreshRows.Handover handover)
    {
        var messageId = Guid.NewGuid();
        handover.Expect([messageId]);
        var seq = await bank.Sql.Scalar<long>(
            $$"""
            insert into bank.outbox (owner, due_at, message_id, exchange, headers, body)
            values ({{Owner}}, '-infinity', '{{messageId}}', 'nowhere', '{}', '') returning seq
            """);
        var row = new RelayRow(
            DateTime.SpecifyKind(DateTime.MinValue, DateTimeKind.Utc), seq, messageId, "nowhere", "{}", [], DateTimeOffset.UnixEpoch);
        handover.Add(row);
        return row;
    }
}

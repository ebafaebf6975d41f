using Npgsql;
using RabbitMQ.Client;
using Shop.Cli.Auditing;
using Shop.Cli.Servers;

namespace Shop.EndToEnd.Tests;

/// <summary>An audit that cannot fail is worth nothing: each invariant is broken on purpose, and found, and nothing else is.</summary>
public sealed class AuditTests(ShopSystem shop)
{
    static readonly string[] _breaks =
    [
        "an order that does not end", "stock out of nothing", "a hold that no reservation has", "money given back that nobody knows of",
        "a sale that is undone", "a sale of the wrong quantity", "a reservation without an order", "a payment without an order",
        "a deadline left behind", "a message left behind", "a dead letter", "an inbox without its key", "a message that was counted twice",
        "a key of somebody else", "two keys for one order",
    ];

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static TheoryData<string> Breaks => [.. _breaks];

    [Theory]
    [MemberData(nameof(Breaks))]
    public async Task Data_that_contradicts_a_promise_is_found_and_named(string what)
    {
        var order = await Confirmed();
        var damage = Damage.Of(what, order);
        await Run(damage.Database, damage.Break);
        try
        {
            MustBeFound(await Audit(), damage.Invariants, damage.Subject);
        }
        finally
        {
            await Run(damage.Database, damage.Repair);
        }

        Assert.True((await Audit()).Ok);
    }

    [Theory]
    [InlineData("""{"id":"ch_other","idempotencyKey":"other","reference":"ORDER","amount":1.00,"currency":"EUR","token":"tok_visa","code":"declined","refunds":{}}""", "order ORDER", "one-charge")]
    [InlineData("""{"id":"ch_stray","idempotencyKey":"stray","reference":"nobody","amount":1.00,"currency":"EUR","token":"tok_visa","code":"declined","refunds":{}}""", "charge ch_stray", "one-charge")]
    [InlineData("""{"id":"ch_second","idempotencyKey":"second","reference":"ORDER","amount":1.00,"currency":"EUR","token":"tok_visa","code":null,"refunds":{}}""", "order ORDER", "ledger-agrees", "one-charge")]
    public async Task A_ledger_that_contradicts_a_promise_is_found_and_named(string line, string subject, params string[] invariants)
    {
        var order = await Confirmed();
        var ledger = shop.Checkout.State.Combine(Path.Combine("card-network", "ledger.jsonl"));
        var length = new FileInfo(ledger).Length;
        shop.Kill("card-network");
        try
        {
            await File.AppendAllTextAsync(ledger, line.Replace("ORDER", $"{order}") + "\n", Cancellation);
            await shop.Shop("up");
            MustBeFound(await Audit(), invariants, subject.Replace("ORDER", $"{order}"));
        }
        finally
        {
            shop.Kill("card-network");
            using (var file = File.OpenWrite(ledger))
            {
                file.SetLength(length);
            }

            await shop.Shop("up");
        }

        Assert.True((await Audit()).Ok);
    }

    [Fact]
    public async Task A_message_nobody_fetches_is_found_and_named()
    {
        await Confirmed();
        await using var connection = await shop.ConnectAs("payment");
        await using var channel = await connection.CreateChannelAsync(cancellationToken: Cancellation);
        await channel.QueueDeclareAsync("payment-stray", durable: true, exclusive: false, autoDelete: false, cancellationToken: Cancellation);
        await channel.ExchangeDeclareAsync("payment-stray", ExchangeType.Fanout, autoDelete: true, cancellationToken: Cancellation);
        await channel.QueueBindAsync("payment-stray", "payment-stray", "", cancellationToken: Cancellation);
        await channel.BasicPublishAsync("payment-stray", "", "{}"u8.ToArray(), Cancellation);
        try
        {
            // The broker counts every 5 seconds.
            await ShopSystem.Until(
                async () => (await Audit()).Invariants.Single(rule => rule.Name == "queues-empty").Violations is [{ Subject: "queue payment-stray" }],
                30,
                () => "the stray message to be counted");
        }
        finally
        {
            await channel.QueueDeleteAsync("payment-stray", cancellationToken: Cancellation);
        }
    }

    [Theory]
    [InlineData("inventory", "stock-conserved", "stock out of nothing")]
    [InlineData("inventory", "holds-accounted", "a hold that no reservation has")]
    [InlineData("ordering", "orders-end", "an order that does not end")]
    [InlineData("ordering", "no-dead-letters", "a dead letter")]
    public async Task What_a_service_finds_by_itself_staff_is_told(string service, string rule, string what)
    {
        var damage = Damage.Of(what, await Confirmed());
        await Run(damage.Database, damage.Break);
        try
        {
            var answer = (await shop.Send(HttpMethod.Get, "/ops/audit", shop.Token("sam", "staff"))).Json;

            Assert.False(answer.GetProperty("ok").GetBoolean());
            var broken = Assert.Single(
                answer.GetProperty("invariants").EnumerateArray(), found => found.GetProperty("violations").GetArrayLength() > 0);
            Assert.Equal((service, rule), (broken.GetProperty("service").GetString(), broken.GetProperty("name").GetString()));
            Assert.Contains(
                broken.GetProperty("violations").EnumerateArray(),
                violation => violation.GetProperty("subject").GetString()!.Contains(damage.Subject, StringComparison.Ordinal));
        }
        finally
        {
            await Run(damage.Database, damage.Repair);
        }

        Assert.True((await shop.Send(HttpMethod.Get, "/ops/audit", shop.Token("sam", "staff"))).Json.GetProperty("ok").GetBoolean());
    }

    async Task<Guid> Confirmed()
    {
        var token = shop.Token("audited");
        var order = (await shop.Place(token, key: Guid.NewGuid().ToString())).OrderId;
        await shop.End(order, token);
        await shop.MustBeClean();
        return order;
    }

    Task<AuditResult> Audit() =>
        new Audit(shop.Checkout) { SettlingTime = TimeSpan.Zero }.Run(TimeSpan.Zero, _ => { }, Cancellation);

    static void MustBeFound(AuditResult result, IReadOnlyList<string> invariants, string subject)
    {
        var broken = result.Invariants.Where(invariant => invariant.Violations is not []).ToArray();
        Assert.Equal(invariants.Order(), broken.Select(invariant => invariant.Name).Order());
        Assert.All(broken, invariant => Assert.Contains(
            subject, Assert.Single(invariant.Violations).Subject, StringComparison.Ordinal));
        Assert.False(result.Ok);
    }

    async Task Run(string database, string sql)
    {
        var server = new PostgresServer(shop.Checkout.State, shop.Checkout.Ports.Postgres);
        await using var connection = new NpgsqlConnection(server.ConnectionString(database) + ";Pooling=false");
        await connection.OpenAsync(Cancellation);
        await using var command = new NpgsqlCommand(sql, connection);
        Assert.NotEqual(0, await command.ExecuteNonQueryAsync(Cancellation));
    }
}

using Npgsql;
using RabbitMQ.Client;
using Shop.Chaos.Auditing;
using Shop.Launcher.Servers;
using Xunit.Sdk;

namespace Shop.EndToEnd.Tests;

/// <summary>The audit can fail: each invariant is broken on purpose, and the audit finds exactly that one.</summary>
public sealed class AuditTests(ShopSystem shop)
{
    static readonly string[] _breaks =
    [
        "an order that does not end", "stock out of nothing", "a hold that no reservation has", "money given back that nobody knows of",
        "a sale that is undone", "a sale of the wrong quantity", "a reservation without an order", "a payment without an order",
        "a deadline left behind", "a message left behind", "a dead letter", "an inbox without its key", "a message that was counted twice",
        "a message that was lost",
        "a message that was handled in place of another", "a kind on no list", "a duplicate that was delivered once",
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
    [InlineData(
        """{"id":"ch_other","idempotencyKey":"other","reference":"ORDER","amount":1.00,"currency":"EUR","token":"tok_visa","code":"declined","refunds":{}}""",
        "order ORDER",
        "one-charge")]
    [InlineData(
        """{"id":"ch_stray","idempotencyKey":"stray","reference":"nobody","amount":1.00,"currency":"EUR","token":"tok_visa","code":"declined","refunds":{}}""",
        "charge ch_stray",
        "one-charge")]
    [InlineData(
        """{"id":"ch_second","idempotencyKey":"second","reference":"ORDER","amount":1.00,"currency":"EUR","token":"tok_visa","code":null,"refunds":{}}""",
        "order ORDER",
        "ledger-agrees",
        "one-charge")]
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
        await channel.QueueDeclareAsync(
            "payment-stray", durable: true, exclusive: false, autoDelete: false, cancellationToken: Cancellation);
        await channel.ExchangeDeclareAsync("payment-stray", ExchangeType.Fanout, autoDelete: true, cancellationToken: Cancellation);
        await channel.QueueBindAsync("payment-stray", "payment-stray", "", cancellationToken: Cancellation);
        await channel.BasicPublishAsync("payment-stray", "", "{}"u8.ToArray(), Cancellation);
        try
        {
            // The broker counts every 5 seconds.
            await ShopSystem.Until(
                async () => (await Audit()).Invariants.Single(rule =>
                    rule.Name == "queues-empty").Violations is [{ Subject: "queue payment-stray" }],
                30,
                () => "the stray message to be counted");
        }
        finally
        {
            await channel.QueueDeleteAsync("payment-stray", cancellationToken: Cancellation);
        }
    }

    [Fact]
    public async Task A_message_that_vanishes_from_an_outbox_is_found_and_named_by_its_id()
    {
        await Confirmed();
        var sku = $"LOST-{Random.Shared.Next():X8}";
        shop.Kill("rabbitmq");
        try
        {
            Assert.Equal(201, (await shop.Send(
                HttpMethod.Put, $"/products/{sku}", shop.Token("sam", "staff"), """{"name":"Lost","price":1.00}""")).Status);
            await Run("inventory", "create table inventory.lost as select * from inventory.outbox; delete from inventory.outbox");
        }
        finally
        {
            await shop.Shop("up");
        }

        var lost = (await Ask<Guid>("inventory", "select message_id from inventory.lost")).ToString("N")[..16];
        var found = Assert.Single((await Audit()).Invariants, invariant => invariant.Violations is not []);
        Assert.Equal("messages-accounted", found.Name);
        var violation = Assert.Single(found.Violations);
        Assert.StartsWith("Shop.Contracts.Inventory:ProductChanged of inventory", violation.Subject, StringComparison.Ordinal);
        Assert.EndsWith(lost, violation.Found, StringComparison.Ordinal);

        await Run(
            "inventory",
            """
            insert into inventory.outbox (owner, due_at, message_id, exchange, headers, body, created_at)
            select owner, due_at, message_id, exchange, headers, body, created_at from inventory.lost; drop table inventory.lost
            """);
        await shop.MustBeClean();
    }

    [Theory]
    [InlineData("stock_timeout", null)]
    [InlineData("stock_timeout", "payment-1")]
    [InlineData("payment_timeout", null)]
    [InlineData("payment_timeout", "inventory-1")]
    public async Task An_order_that_ended_for_no_reason_is_noticed(string reason, string? died)
    {
        var endings = new EndingsWatch(shop.Checkout);
        if (died is not null)
        {
            endings.Died(died);
        }

        var order = await Confirmed();
        await Run("ordering", $"update ordering.orders set status = 'Cancelled', reason = '{reason}' where id = '{order}'");
        try
        {
            Assert.Contains(
                $"{order} (tok_visa) ended {reason}", (await Assert.ThrowsAnyAsync<XunitException>(endings.MustHaveReasons)).Message);
            await endings.MustHaveReasons();
        }
        finally
        {
            await Run("ordering", $"update ordering.orders set status = 'Confirmed', reason = null where id = '{order}'");
        }
    }

    [Fact]
    public async Task An_order_that_ended_because_a_process_died_has_its_reason()
    {
        var endings = new EndingsWatch(shop.Checkout);
        endings.Died("payment-1");
        var order = await Confirmed();
        await Run("ordering", $"update ordering.orders set status = 'Cancelled', reason = 'payment_timeout' where id = '{order}'");
        try
        {
            await endings.MustHaveReasons();
        }
        finally
        {
            await Run("ordering", $"update ordering.orders set status = 'Confirmed', reason = null where id = '{order}'");
        }
    }

    /// <summary>It leaves an inbox row without a hash, and does not count.</summary>
    [Fact]
    public async Task Hours_in_which_the_release_before_took_part_are_not_compared()
    {
        var damage = Damage.Of("a message that was lost", await Confirmed());
        await Run(damage.Database, damage.Break);
        try
        {
            MustBeFound(await Audit(), damage.Invariants, damage.Subject);
            await Run(
                "inventory",
                "insert into inventory.inbox (message_id, endpoint, received_at) values (gen_random_uuid(), 'inventory-stock', now())");

            Assert.True((await Audit()).Ok);

            await Run("inventory", "update inventory.inbox set received_at = now() - interval '1 hour' where content is null");
            MustBeFound(await Audit(), damage.Invariants, damage.Subject);
        }
        finally
        {
            await Run("inventory", "delete from inventory.inbox where content is null");
            await Run(damage.Database, damage.Repair);
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

    async Task<T> Ask<T>(string database, string sql)
    {
        await using var connection = await Open(database);
        await using var command = new NpgsqlCommand(sql, connection);
        return (T)(await command.ExecuteScalarAsync(Cancellation))!;
    }

    async Task Run(string database, string sql)
    {
        await using var connection = await Open(database);
        await using var command = new NpgsqlCommand(sql, connection);
        Assert.NotEqual(0, await command.ExecuteNonQueryAsync(Cancellation));
    }

    async Task<NpgsqlConnection> Open(string database)
    {
        var server = new PostgresServer(shop.Checkout.State, shop.Checkout.Ports.Postgres);
        var connection = new NpgsqlConnection(server.ConnectionString(database) + ";Pooling=false");
        await connection.OpenAsync(Cancellation);
        return connection;
    }
}

using Npgsql;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;
using Shop.Launcher.Running;
using Shop.Launcher.Servers;

namespace Shop.EndToEnd.Tests;

/// <summary>A service's passwords give the rights of that service, and no others.</summary>
public sealed class LeastPrivilegeTests(ShopSystem shop)
{
    // The messages that each service may publish. Each message has an exchange.
    static readonly Dictionary<string, string[]> _publishes = new()
    {
        ["ordering"] =
            ["Ordering:OrderConfirmed", "Inventory:ReserveStock", "Inventory:ReleaseStock", "Payment:TakePayment", "Payment:RefundPayment"],
        ["inventory"] = [
            "Inventory:StockReserved",
            "Inventory:StockRejected",
            "Inventory:StockReleased",
            "Inventory:SaleRejected",
            "Inventory:ProductChanged"
        ],
        ["payment"] = ["Payment:PaymentTaken", "Payment:PaymentDeclined", "Payment:PaymentRefunded"],
    };

    static readonly Dictionary<string, string[]> _consumes = new()
    {
        ["ordering"] = [.. _publishes["inventory"], .. _publishes["payment"]],
        ["inventory"] = ["Inventory:ReserveStock", "Inventory:ReleaseStock", "Ordering:OrderConfirmed"],
        ["payment"] = ["Payment:TakePayment", "Payment:RefundPayment"],
    };

    static readonly string[] _messages = [.. _publishes.Values.SelectMany(messages => messages).Distinct()];

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static TheoryData<string> Services => [.. Replicas.Services];

    [Theory]
    [MemberData(nameof(Services))]
    public async Task A_service_changes_rows_of_its_own_database_and_no_table(string service)
    {
        await using var connection = await Login(service, service);

        await Run(connection, $"begin; delete from {service}.dead_letters; rollback");
        await IsRefused(connection, $"drop table {service}.outbox");
        await IsRefused(connection, $"alter table {service}.outbox add column more int");
        await IsRefused(connection, $"create table {service}.more (id int)");
        await IsRefused(connection, "create table public.more (id int)");
        await IsRefused(connection, $"create role more_{service}");
        await IsRefused(connection, $"set role {Databases.OwnerOf(service)}");
        await IsRefused(connection, "copy (select 1) to program 'true'");
        await IsRefused(connection, "select pg_read_file('postgresql.conf')");
    }

    [Theory]
    [MemberData(nameof(Services))]
    public async Task Neither_a_service_nor_its_owner_enters_the_database_of_another(string service)
    {
        foreach (var user in new[] { service, Databases.OwnerOf(service) })
        {
            foreach (var other in Replicas.Services.Where(other => other != service))
            {
                var error = await Assert.ThrowsAsync<PostgresException>(() => Login(other, user));
                Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, error.SqlState);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Services))]
    public async Task The_auditor_reads_and_changes_nothing(string service)
    {
        await using var connection = await Login(service, Databases.Audit);

        await Run(connection, $"select count(*) from {service}.outbox");
        await IsRefused(connection, $"delete from {service}.outbox");
        await IsRefused(connection, $"create table {service}.more (id int)");
    }

    [Theory]
    [MemberData(nameof(Services))]
    public async Task A_service_cannot_say_what_is_for_others_to_say(string service)
    {
        var forged = _messages.Except(_publishes[service]).ToArray();

        Assert.NotEmpty(forged);
        foreach (var message in forged)
        {
            await IsRefused(
                service, channel => channel.BasicPublishAsync($"Shop.Contracts.{message}", "", "{}"u8.ToArray(), Cancellation).AsTask());
        }
    }

    [Theory]
    [MemberData(nameof(Services))]
    public async Task A_service_cannot_listen_to_what_is_not_for_it(string service)
    {
        var others = _messages.Except(_consumes[service]).ToArray();

        Assert.NotEmpty(others);
        foreach (var message in others)
        {
            await IsRefused(service, async channel =>
            {
                await channel.QueueDeclareAsync(
                    $"{service}-ear", durable: false, exclusive: true, autoDelete: true, cancellationToken: Cancellation);
                await channel.QueueBindAsync($"{service}-ear", $"Shop.Contracts.{message}", "", cancellationToken: Cancellation);
            });
        }
    }

    [Theory]
    [MemberData(nameof(Services))]
    public async Task A_service_neither_reads_nor_touches_the_queues_of_another(string service)
    {
        var monitor = BrokerAccess.User(BrokerAccess.Monitor, shop.Checkout.State.Secrets);
        var queues = await new BrokerManagement(shop.Checkout.Addresses.RabbitMq, monitor, BrokerAccess.VirtualHost).Queues(Cancellation);
        var others = queues.Select(queue => queue.Name).Where(queue => !queue.StartsWith(service, StringComparison.Ordinal)).ToArray();

        Assert.True(others.Length >= 2, $"There are only {string.Join(", ", others)}.");
        foreach (var queue in others)
        {
            await IsRefused(service, channel => channel.BasicGetAsync(queue, autoAck: false, Cancellation));
            await IsRefused(service, channel => channel.QueuePurgeAsync(queue, Cancellation));
            await IsRefused(service, channel => channel.QueueDeleteAsync(queue, cancellationToken: Cancellation));
            await IsRefused(service, channel => channel.BasicPublishAsync(queue, "", "{}"u8.ToArray(), Cancellation).AsTask());
            // The default exchange leads into every queue.
            await IsRefused(
                service, channel => channel.BasicPublishAsync("", queue, mandatory: true, "{}"u8.ToArray(), Cancellation).AsTask());
        }
    }

    async Task<NpgsqlConnection> Login(string database, string user)
    {
        var connection = new NpgsqlConnection(Databases.Of(shop.Checkout).ConnectionString(database, user) + ";Pooling=false");
        try
        {
            await connection.OpenAsync(Cancellation);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    static async Task Run(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(Cancellation);
    }

    static async Task IsRefused(NpgsqlConnection connection, string sql)
    {
        var error = await Assert.ThrowsAsync<PostgresException>(() => Run(connection, sql));
        Assert.True(error.SqlState == PostgresErrorCodes.InsufficientPrivilege, $"{sql}: {error.MessageText}");
    }

    // A refusal closes the channel, so each attempt has a channel of its own.
    async Task IsRefused(string service, Func<IChannel, Task> attempt)
    {
        await using var connection = await shop.ConnectAs(service);
        await using var channel = await connection.CreateChannelAsync(
            new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true), Cancellation);
        await Assert.ThrowsAnyAsync<RabbitMQClientException>(() => attempt(channel));
        await ShopSystem.Until(() => Task.FromResult(channel.CloseReason is not null), 10, () => "the channel to be closed");
        Assert.Equal(Constants.AccessRefused, channel.CloseReason!.ReplyCode);
    }
}

using System.Text;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;
using Shop.Cli.Servers;

namespace Shop.EndToEnd.Tests;

/// <summary>A message nobody can handle is put aside with its reason and blocks nobody; and nobody can forge one.</summary>
public sealed class DeadLetterTests(ShopSystem shop)
{
    [Theory]
    [InlineData("{ this is not json", "StockReserved")]
    [InlineData("{}", "StockReserved")]
    [InlineData("""{"orderId":"not-a-guid"}""", "StockReserved")]
    [InlineData("""{"orderId":"00000000-0000-0000-0000-000000000001"}""", "StockReserved")]
    [InlineData("""{"orderId":null}""", "PaymentTaken")]
    public async Task A_broken_message_is_put_aside_with_its_reason_and_orders_go_on(string body, string type)
    {
        var owner = type.StartsWith("Stock", StringComparison.Ordinal) ? "Inventory" : "Payment";
        await using var connection = await Connect(owner.ToLowerInvariant());
        await using var channel = await connection.CreateChannelAsync(
            new CreateChannelOptions(true, true), TestContext.Current.CancellationToken);
        var exchange = $"Shop.Contracts.{owner}:{type}";
        var properties = new BasicProperties
        {
            ContentType = "application/json",
            Headers = new Dictionary<string, object?>
            {
                ["MT-MessageType"] = $"urn:message:{exchange}",
                ["MessageId"] = Guid.NewGuid().ToString(),
            },
        };

        await channel.BasicPublishAsync(exchange, "", true, properties, Encoding.UTF8.GetBytes(body), TestContext.Current.CancellationToken);

        var token = shop.Token();
        var order = await shop.End((await shop.Place(token)).OrderId, token);
        Assert.Equal("Confirmed", order.GetProperty("status").GetString());
        var dead = await TakeDeadLetter("ordering", "ordering-orders_error");
        Assert.Equal(body, Encoding.UTF8.GetString(dead.Body.Span));
        Assert.NotEmpty(Encoding.UTF8.GetString((byte[])dead.BasicProperties.Headers!["MT-Fault-Message"]!));
    }

    [Theory]
    [InlineData("inventory", "Shop.Contracts.Payment:PaymentTaken")]
    [InlineData("payment", "Shop.Contracts.Inventory:ReserveStock")]
    [InlineData("inventory", "Shop.Contracts.Ordering:OrderConfirmed")]
    public async Task A_service_cannot_send_in_anothers_name(string service, string exchange)
    {
        await using var connection = await Connect(service);
        await using var channel = await connection.CreateChannelAsync(
            new CreateChannelOptions(true, true), TestContext.Current.CancellationToken);

        var refused = await Assert.ThrowsAnyAsync<Exception>(() =>
            channel.BasicPublishAsync(exchange, "", true, new BasicProperties(), "{}"u8.ToArray(), TestContext.Current.CancellationToken).AsTask());

        var reason = (refused as OperationInterruptedException)?.ShutdownReason ?? channel.CloseReason;
        Assert.Equal(403, reason!.ReplyCode);
    }

    async Task<BasicGetResult> TakeDeadLetter(string service, string queue)
    {
        await using var connection = await Connect(service);
        BasicGetResult? dead = null;
        await ShopSystem.Until(async () => (dead = await TryTake(connection, queue)) is not null, 30, () => $"a dead letter in {queue}");
        return dead!;
    }

    // The queue is made for the first dead letter. Asking for one that does not exist (404), or whose leader does not run
    // yet (541), closes the channel.
    static async Task<BasicGetResult?> TryTake(IConnection connection, string queue)
    {
        await using var channel = await connection.CreateChannelAsync(cancellationToken: TestContext.Current.CancellationToken);
        try
        {
            return await channel.BasicGetAsync(queue, autoAck: true, TestContext.Current.CancellationToken);
        }
        catch (OperationInterruptedException error) when (error.ShutdownReason?.ReplyCode is Constants.NotFound or Constants.InternalError)
        {
            return null;
        }
    }

    Task<IConnection> Connect(string service)
    {
        var user = BrokerAccess.Users(shop.Checkout.State.Secrets).Single(user => user.Name == service);
        return new ConnectionFactory
        {
            HostName = "127.0.0.1",
            Port = shop.Checkout.Ports.RabbitMq.Amqp,
            UserName = user.Name,
            Password = user.Password,
            VirtualHost = BrokerAccess.VirtualHost,
        }.CreateConnectionAsync(TestContext.Current.CancellationToken);
    }
}

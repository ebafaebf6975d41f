using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;
using Shop.Launcher.Servers;
using Shop.Support;

namespace Shop.Launcher.Tests;

/// <summary>All tests share one node, because the start takes most of the time.</summary>
public sealed class RabbitMqServerTests(RabbitMqServerTests.Node node) : IClassFixture<RabbitMqServerTests.Node>
{
    readonly RabbitMqServer _server = node.Server;

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Confirmed_messages_survive_the_death_of_the_node()
    {
        await PutWhenTaken("payment", "payment-payments", "one");
        await PutWhenTaken("payment", "payment-payments", "two");
        await TestServers.QueuesRemembered();
        _server.Kill();
        Assert.False(_server.IsAlive);
        await _server.Start(Cancellation);

        await using var connection = await Connect("payment");
        await using var channel = await connection.CreateChannelAsync(cancellationToken: Cancellation);
        var bodies = new List<string>();
        await Wait.Until(
            async () =>
            {
                while (await channel.BasicGetAsync("payment-payments", autoAck: true, Cancellation) is { } message)
                {
                    bodies.Add(System.Text.Encoding.UTF8.GetString(message.Body.Span));
                }

                return bodies.Count >= 2;
            },
            "two messages");

        Assert.Equal(["one", "two"], bodies);
        Assert.Contains(await _server.Management.Queues(Cancellation), queue => queue.Name == "payment-payments");
    }

    [Fact]
    public async Task A_service_publishes_its_own_messages_and_cannot_forge_those_of_another()
    {
        await Declares("inventory", "Shop.Contracts.Inventory:StockReserved");
        await Declares("payment", "Shop.Contracts.Payment:PaymentTaken");
        await Declares("ordering", "Shop.Contracts.Payment:TakePayment", "Shop.Contracts.Ordering:OrderConfirmed");

        await Publishes("payment", "Shop.Contracts.Payment:PaymentTaken");
        await Publishes("ordering", "Shop.Contracts.Payment:TakePayment");
        await Publishes("inventory", "Shop.Contracts.Inventory:StockReserved");

        await IsRefused("inventory", channel => Publish(channel, "Shop.Contracts.Payment:PaymentTaken"));
        await IsRefused("ordering", channel => Publish(channel, "Shop.Contracts.Payment:PaymentTaken"));
        await IsRefused("payment", channel => Publish(channel, "Shop.Contracts.Payment:TakePayment"));
        await IsRefused("payment", channel => Publish(channel, "Shop.Contracts.Inventory:StockReserved"));
        await IsRefused("inventory", channel => Publish(channel, "Shop.Contracts.Ordering:OrderConfirmed"));
        await IsRefused("payment", channel => Publish(channel, "amq.fanout"));
    }

    [Fact]
    public async Task A_service_cannot_read_or_touch_the_queues_of_another()
    {
        await Put("ordering", "ordering-orders", "private");

        await IsRefused("payment", channel => channel.BasicGetAsync("ordering-orders", autoAck: true, Cancellation));
        await IsRefused("payment", channel => channel.QueueDeleteAsync("ordering-orders", cancellationToken: Cancellation));
        await IsRefused("payment", channel => channel.QueueDeclareAsync(
            "ordering-fake", durable: true, exclusive: false, autoDelete: false, cancellationToken: Cancellation));
        // Publishing straight into a queue goes through the default exchange, which no user may write to.
        await IsRefused(
            "payment",
            channel => channel.BasicPublishAsync("", "ordering-orders", mandatory: true, "forged"u8.ToArray(), Cancellation).AsTask());
    }

    [Fact]
    public async Task The_monitor_may_look_but_not_change_and_there_is_no_guest()
    {
        await IsRefused(BrokerAccess.Monitor, channel => Publish(channel, "amq.fanout"));
        await IsRefused(BrokerAccess.Monitor, channel => channel.QueueDeclareAsync(
            "monitor", durable: true, exclusive: false, autoDelete: false, cancellationToken: Cancellation));
        var guest = new ConnectionFactory { Port = _server.Ports.Amqp, UserName = "guest", Password = "guest" };
        await Assert.ThrowsAsync<BrokerUnreachableException>(() => guest.CreateConnectionAsync(Cancellation));
    }

    // Just after a start the queue may have no leader yet and refuse what comes.
    Task PutWhenTaken(string user, string queue, string body) => Wait.Until(
        async () =>
        {
            try
            {
                await Put(user, queue, body);
                return true;
            }
            catch (PublishException)
            {
                return false;
            }
        },
        "a message taken");

    async Task Put(string user, string queue, string body)
    {
        await using var connection = await Connect(user);
        await using var channel = await connection.CreateChannelAsync(
            new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true), Cancellation);
        await channel.QueueDeclareAsync(
            queue, durable: true, exclusive: false, autoDelete: false,
            new Dictionary<string, object?> { ["x-queue-type"] = "quorum" }, cancellationToken: Cancellation);
        await channel.ExchangeDeclareAsync(queue, ExchangeType.Fanout, durable: true, cancellationToken: Cancellation);
        await channel.QueueBindAsync(queue, queue, "", cancellationToken: Cancellation);
        await channel.BasicPublishAsync(
            queue, "", mandatory: true, new BasicProperties { Persistent = true }, System.Text.Encoding.UTF8.GetBytes(body), Cancellation);
    }

    async Task Declares(string user, params string[] exchanges)
    {
        await using var connection = await Connect(user);
        await using var channel = await connection.CreateChannelAsync(cancellationToken: Cancellation);
        foreach (var exchange in exchanges)
        {
            await channel.ExchangeDeclareAsync(exchange, ExchangeType.Fanout, durable: true, cancellationToken: Cancellation);
        }
    }

    async Task Publishes(string user, string exchange)
    {
        await using var connection = await Connect(user);
        await using var channel = await connection.CreateChannelAsync(
            new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true), Cancellation);
        await Publish(channel, exchange);
    }

    // A refusal closes the channel, so each attempt has a channel of its own.
    async Task IsRefused(string user, Func<IChannel, Task> attempt)
    {
        await using var connection = await Connect(user);
        await using var channel = await connection.CreateChannelAsync(
            new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true), Cancellation);
        await Assert.ThrowsAnyAsync<RabbitMQClientException>(() => attempt(channel));
        await Wait.Until(() => channel.CloseReason is not null, "the channel closed");
        Assert.Equal(Constants.AccessRefused, channel.CloseReason!.ReplyCode);
    }

    static Task Publish(IChannel channel, string exchange) =>
        channel.BasicPublishAsync(exchange, "", "{}"u8.ToArray(), Cancellation).AsTask();

    Task<IConnection> Connect(string user) => new ConnectionFactory
    {
        HostName = "127.0.0.1",
        Port = _server.Ports.Amqp,
        UserName = user,
        Password = node.State.Secrets.Password("rabbitmq-" + user),
        VirtualHost = BrokerAccess.VirtualHost,
    }.CreateConnectionAsync(Cancellation);

    public sealed class Node : IAsyncLifetime
    {
        public Node()
        {
            var ports = FreePorts.Take(4);
            Server = new(
                State, new(ports[0], ports[1], ports[2], ports[3]), BrokerAccess.VirtualHost, BrokerAccess.Users(State.Secrets));
        }

        // The name of a folder can have any characters.
        internal StateDirectory State { get; } = new(Directory.CreateTempSubdirectory("shop's (rabbitmq) #1 ü \"x\" $HOME %20 ").FullName);

        internal RabbitMqServer Server { get; }

        public async ValueTask InitializeAsync() => await Server.Start(Cancellation);

        public async ValueTask DisposeAsync()
        {
            Server.Kill();
            await Server.Stop();
            Directory.Delete(State.Path, recursive: true);
        }
    }
}

using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using System.Text.Json;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;
using RabbitMQ.Client.Exceptions;

namespace Shop.Support;

/// <summary>The broker without MassTransit. It sends and receives what any other client could.</summary>
public sealed class RawBroker : IAsyncDisposable
{
    readonly IConnection _connection;
    readonly IChannel _channel;

    RawBroker(IConnection connection, IChannel channel)
    {
        _connection = connection;
        _channel = channel;
    }

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static async Task<RawBroker> Connect(BrokerLogin login, CancellationToken cancellation)
    {
        var factory = new ConnectionFactory
        {
            HostName = login.Host,
            Port = login.Port,
            UserName = login.Username,
            Password = login.Password,
            VirtualHost = login.VirtualHost,
            NetworkRecoveryInterval = TimeSpan.FromMilliseconds(300),
        };
        var connection = await factory.CreateConnectionAsync(cancellation);
        var channel = await connection.CreateChannelAsync(
            new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true),
            cancellation);
        return new(connection, channel);
    }

    public static string ExchangeOf<T>() => $"{typeof(T).Namespace}:{typeof(T).Name}";

    /// <summary>A well-formed message, as the documented contract has it.</summary>
    public static RawMessage Message<T>(T message) => new(
        Guid.NewGuid().ToString(),
        $"urn:message:{typeof(T).Namespace}:{typeof(T).Name}",
        JsonSerializer.SerializeToUtf8Bytes(message, JsonSerializerOptions.Web));

    public async Task Send(string exchange, RawMessage message)
    {
        await Connected();
        var headers = new Dictionary<string, object?>();
        if (message.Type is not null)
        {
            headers["MT-MessageType"] = message.Type;
        }

        if (message.Trace is not null)
        {
            headers["traceparent"] = message.Trace;
        }

        var properties = new BasicProperties
        {
            ContentType = "application/json",
            MessageId = message.MessageId,
            DeliveryMode = DeliveryModes.Persistent,
            Headers = headers,
        };
        await _channel.BasicPublishAsync(exchange, "", mandatory: true, properties, message.Body, Cancellation);
    }

    /// <summary>Sends whatever the protocol can carry.</summary>
    public async Task Send(string exchange, BasicProperties properties, ReadOnlyMemory<byte> body)
    {
        await Connected();
        await _channel.BasicPublishAsync(exchange, "", mandatory: true, properties, body, Cancellation);
    }

    /// <summary>Sends a copy of a delivery: same id, same headers, same body.</summary>
    public async Task Repeat(string exchange, BasicDeliverEventArgs delivery) =>
        await _channel.BasicPublishAsync(
            exchange, "", mandatory: true, new BasicProperties(delivery.BasicProperties), delivery.Body, Cancellation);

    /// <summary>How many messages wait in a queue; 0 if there is no such queue.</summary>
    public async Task<uint> Count(string queue)
    {
        await Connected();
        try
        {
            await using var channel = await _connection.CreateChannelAsync(cancellationToken: Cancellation);
            return (await channel.QueueDeclarePassiveAsync(queue, Cancellation)).MessageCount;
        }
        catch (OperationInterruptedException error) when (error.ShutdownReason?.ReplyCode == Constants.NotFound)
        {
            return 0;
        }
    }

    /// <summary>Takes the next message out of a queue, waiting for it.</summary>
    public async Task<BasicGetResult> Take(string queue) =>
        (await Wait.Until(
            async () => await Count(queue) > 0 ? await _channel.BasicGetAsync(queue, autoAck: true, Cancellation) : null,
            message => message is not null,
            $"a message in {queue}"))!;

    /// <summary>A queue of our own at an exchange, with everything that arrives in the order of its arrival.</summary>
    public async Task<ConcurrentQueue<BasicDeliverEventArgs>> Tap(string exchange)
    {
        await Connected();
        await _channel.ExchangeDeclareAsync(exchange, ExchangeType.Fanout, durable: true, cancellationToken: Cancellation);
        var queue = (await _channel.QueueDeclareAsync(cancellationToken: Cancellation)).QueueName;
        await _channel.QueueBindAsync(queue, exchange, "", cancellationToken: Cancellation);
        var received = new ConcurrentQueue<BasicDeliverEventArgs>();
        var consumer = new AsyncEventingBasicConsumer(_channel);
        consumer.ReceivedAsync += (_, delivery) =>
        {
            received.Enqueue(Copy(delivery));
            return Task.CompletedTask;
        };
        await _channel.BasicConsumeAsync(queue, autoAck: true, consumer, Cancellation);
        return received;
    }

    /// <summary>A queue at an exchange that refuses what does not fit, and is full.</summary>
    /// <param name="kind">classic or quorum.</param>
    public async Task FullQueue(string queue, string exchange, string kind)
    {
        await _channel.ExchangeDeclareAsync(exchange, ExchangeType.Fanout, durable: true, cancellationToken: Cancellation);
        await _channel.QueueDeclareAsync(
            queue,
            durable: true,
            exclusive: false,
            autoDelete: false,
            new Dictionary<string, object?> { ["x-queue-type"] = kind, ["x-max-length"] = 1, ["x-overflow"] = "reject-publish" },
            cancellationToken: Cancellation);
        await _channel.QueueBindAsync(queue, exchange, "", cancellationToken: Cancellation);
        var filled = false;
        while (!filled)
        {
            try
            {
                // The default exchange reaches each queue by its name.
                await _channel.BasicPublishAsync("", queue, mandatory: true, new byte[] { 1 }, Cancellation);
            }
            catch (PublishException)
            {
                filled = true;
            }
        }
    }

    /// <summary>Makes the exchange of a message type one that a service cannot declare.</summary>
    public Task DeclareTopicExchange(string exchange) =>
        _channel.ExchangeDeclareAsync(exchange, ExchangeType.Topic, durable: true, cancellationToken: Cancellation);

    public static string? Header(IReadOnlyBasicProperties properties, string name) =>
        properties.Headers?.TryGetValue(name, out var value) is true
            ? value is byte[] bytes ? Encoding.UTF8.GetString(bytes) : Convert.ToString(value, CultureInfo.InvariantCulture)
            : null;

    public async ValueTask DisposeAsync()
    {
        await _channel.DisposeAsync();
        await _connection.DisposeAsync();
    }

    // After a restart of the broker.
    Task Connected() => Wait.Until(() => _connection.IsOpen && _channel.IsOpen, "a connection to the broker");

    // The client reuses the memory of a body after its event.
    static BasicDeliverEventArgs Copy(BasicDeliverEventArgs delivery) => new(
        delivery.ConsumerTag, delivery.DeliveryTag, delivery.Redelivered, delivery.Exchange, delivery.RoutingKey,
        new BasicProperties(delivery.BasicProperties), delivery.Body.ToArray(), delivery.CancellationToken);
}

/// <param name="MessageId">Null: the message has none.</param>
/// <param name="Type">The URN of its type; null: the message does not say.</param>
/// <param name="Trace">The W3C trace context of its sender.</param>
public sealed record RawMessage(string? MessageId, string? Type, byte[] Body, string? Trace = null)
{
    public RawMessage WithBody(string json) => this with { Body = Encoding.UTF8.GetBytes(json) };
}

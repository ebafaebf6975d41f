using System.Text;
using RabbitMQ.Client;
using Shop.Launcher;
using Shop.Launcher.Servers;

namespace Shop.Chaos.Drills.Faults;

/// <summary>Logs in to the broker as a service, to touch its messages: no other user may use its queues.</summary>
public static class BrokerLogin
{
    public static Task<IConnection> Open(Checkout checkout, string service, CancellationToken cancellation)
    {
        var user = BrokerAccess.Users(checkout.State.Secrets).Single(user => user.Name == service);
        return new ConnectionFactory
        {
            HostName = "127.0.0.1",
            Port = checkout.Ports.RabbitMq.Amqp,
            UserName = user.Name,
            Password = user.Password,
            VirtualHost = BrokerAccess.VirtualHost,
        }.CreateConnectionAsync(cancellation);
    }

    public static Task<IChannel> OpenChannel(this IConnection connection, CancellationToken cancellation) =>
        connection.CreateChannelAsync(
            new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true), cancellation);

    /// <summary>A message as a service sends it.</summary>
    /// <param name="exchange">Of the message's type.</param>
    public static async Task Send(
        Checkout checkout, string sender, string exchange, string body, Guid messageId, CancellationToken cancellation)
    {
        await using var connection = await Open(checkout, sender, cancellation);
        await using var channel = await connection.OpenChannel(cancellation);
        var properties = new BasicProperties
        {
            ContentType = "application/json",
            MessageId = messageId.ToString(),
            DeliveryMode = DeliveryModes.Persistent,
            Headers = new Dictionary<string, object?> { ["MT-MessageType"] = $"urn:message:{exchange}" },
        };
        await channel.BasicPublishAsync(exchange, "", mandatory: true, properties, Encoding.UTF8.GetBytes(body), cancellation);
    }

    /// <summary>Every queue a service receives from.</summary>
    public static async Task<IReadOnlyList<string>> Queues(Checkout checkout, string service, CancellationToken cancellation)
    {
        var server = new RabbitMqServer(
            checkout.State, checkout.Ports.RabbitMq, BrokerAccess.VirtualHost, BrokerAccess.Users(checkout.State.Secrets));
        var queues = await server.Management.Queues(cancellation);
        return [.. queues.Select(queue => queue.Name).Where(name => name.StartsWith(service + '-', StringComparison.Ordinal))];
    }
}

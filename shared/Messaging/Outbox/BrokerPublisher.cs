using System.Text.Json;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;
using MessageHeaders = MassTransit.MessageHeaders;

namespace Shop.Messaging;

/// <summary>
/// Publishes outbox rows over one channel with publisher confirms, all of a batch on their way at once. Awaiting each
/// confirm before the next message would cost about ten times the processor time per message.
/// </summary>
sealed class BrokerPublisher : IAsyncDisposable
{
    static readonly TimeSpan _goodbyeTimeLimit = TimeSpan.FromSeconds(2);

    readonly IConnection _connection;
    readonly IChannel _channel;
    readonly Announcements _announcements;
    readonly HashSet<string> _declared = [];

    BrokerPublisher(IConnection connection, IChannel channel, Announcements announcements)
    {
        _announcements = announcements;
        _connection = connection;
        _channel = channel;
    }

    public bool IsOpen => _channel.IsOpen;

    public static async Task<BrokerPublisher> Connect(
        RabbitMqOptions options, Announcements announcements, string clientName, CancellationToken cancellation)
    {
        var connection = await options.ConnectionFactory(clientName).CreateConnectionAsync(cancellation);
        try
        {
            var channel = await connection.CreateChannelAsync(
                new CreateChannelOptions(
                    publisherConfirmationsEnabled: true,
                    publisherConfirmationTrackingEnabled: true,
                    // The relay's batch size limits what is on its way; the client's own limiter would throttle it.
                    outstandingPublisherConfirmationsRateLimiter: null),
                cancellation);
            var publisher = new BrokerPublisher(connection, channel, announcements);
            foreach (var exchange in announcements.Exchanges)
            {
                // Whoever wants to listen can, before the first is announced.
                await publisher.Declare(exchange, cancellation);
            }

            return publisher;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>Publishes all rows and waits for the broker's word on each.</summary>
    /// <returns>The rows the broker did not take.</returns>
    /// <exception cref="OperationCanceledException">The broker did not answer in time.</exception>
    public async Task<IReadOnlyList<RefusedRow>> Publish(IReadOnlyList<RelayRow> rows, CancellationToken cancellation)
    {
        var problems = new Dictionary<string, string>();
        foreach (var exchange in rows.Select(row => row.Exchange).Distinct())
        {
            if (await Declare(exchange, cancellation) is { } problem)
            {
                problems[exchange] = problem;
            }
        }

        var refusals = await Task.WhenAll(rows.Select(row => problems.TryGetValue(row.Exchange, out var problem)
            ? Task.FromResult<RefusedRow?>(new(row, problem))
            : TryPublish(row, cancellation)));
        return [.. refusals.OfType<RefusedRow>()];
    }

    public async ValueTask DisposeAsync()
    {
        // A broker that does not answer must not hold up the process that leaves.
        await _connection.CloseAsync(
            Constants.ReplySuccess, "Goodbye", _goodbyeTimeLimit, abort: true, cancellationToken: CancellationToken.None);
        await _channel.DisposeAsync();
        await _connection.DisposeAsync();
    }

    // Publishing to an exchange that does not exist closes the channel. MassTransit declares the same, but only at the
    // receiver, which may start later. On a channel of its own: a refusal closes it.
    async Task<string?> Declare(string exchange, CancellationToken cancellation)
    {
        if (_declared.Contains(exchange))
        {
            return null;
        }

        await using var channel = await _connection.CreateChannelAsync(cancellationToken: cancellation);
        try
        {
            await channel.ExchangeDeclareAsync(
                exchange, ExchangeType.Fanout, durable: true, autoDelete: false, cancellationToken: cancellation);
            _declared.Add(exchange);
            return null;
        }
        catch (OperationInterruptedException refused) when (_connection.IsOpen)
        {
            return refused.ShutdownReason?.ReplyText ?? refused.Message;
        }
    }

    async Task<RefusedRow?> TryPublish(RelayRow row, CancellationToken cancellation)
    {
        var headers = JsonSerializer.Deserialize<Dictionary<string, string>>(row.Headers)!;
        var span = PublishSpan.Start(row, headers);
        try
        {
            // Mandatory: a message that reaches no queue comes back as an error instead of vanishing.
            var isMandatory = !_announcements.Include(row.Exchange);
            await _channel.BasicPublishAsync(
                row.Exchange, routingKey: "", isMandatory, Properties(row.MessageId, headers), row.Body, cancellation);
            span.Confirmed();
            return null;
        }
        catch (Exception error)
        {
            var reason = error switch
            {
                PublishReturnException => "no queue is bound to it; is its receiver deployed?",
                PublishException => "the broker did not confirm it.",
                _ => null,
            };
            span.Refused(reason ?? error.Message);
            if (reason is null)
            {
                throw;
            }

            return new(row, reason);
        }
    }

    static BasicProperties Properties(Guid messageId, Dictionary<string, string> headers) => new()
    {
        ContentType = "application/json",
        DeliveryMode = DeliveryModes.Persistent,
        MessageId = messageId.ToString(),
        // A dead letter may be replayed under another id than it came with, and the header says the same as the property.
        Headers = headers.ToDictionary(
            header => header.Key, header => (object?)(header.Key is MessageHeaders.MessageId ? messageId.ToString() : header.Value)),
    };
}

/// <summary>A row that stays in the outbox for now.</summary>
sealed record RefusedRow(RelayRow Row, string Reason);

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
    /// <summary>On a copy of a message that may have been published before.</summary>
    public const string RepeatedHeader = "shop-repeated";

    static readonly TimeSpan _goodbyeTimeLimit = TimeSpan.FromSeconds(2);

    readonly IConnection _connection;
    readonly Announcements _announcements;
    readonly BrokerExchanges _exchanges;
    IChannel _channel;
    volatile string? _blocked;

    BrokerPublisher(IConnection connection, IChannel channel, Announcements announcements)
    {
        _connection = connection;
        _channel = channel;
        _announcements = announcements;
        _exchanges = new(connection);
        connection.ConnectionBlockedAsync += (_, blocked) => Block(blocked.Reason);
        connection.ConnectionUnblockedAsync += (_, _) => Block(null);
    }

    public bool IsOpen => _channel.IsOpen;

    /// <summary>Why the broker takes no messages for now, in its own words; null while it does.</summary>
    public string? Blocked => _blocked;

    public static async Task<BrokerPublisher> Connect(
        RabbitMqOptions options, Announcements announcements, string clientName, CancellationToken cancellation)
    {
        var connection = await options.ConnectionFactory(clientName).CreateConnectionAsync(cancellation);
        try
        {
            var publisher = new BrokerPublisher(connection, await OpenChannel(connection, cancellation), announcements);
            foreach (var exchange in announcements.Exchanges)
            {
                // Subscribers can bind their queues before the first announcement.
                await publisher._exchanges.Declare(exchange, cancellation);
            }

            return publisher;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>
    /// Publishes all rows and waits for the broker's word on each. A message that a queue has refused is published once more, to the
    /// services alone. The broker does not say whose queue it was, and a subscriber's queue must not stop ours.
    /// </summary>
    /// <exception cref="OperationCanceledException">The broker did not answer in time.</exception>
    public async Task<PublishOutcome> Publish(IReadOnlyList<RelayRow> rows, CancellationToken cancellation)
    {
        var refused = await Publish([.. rows.Select(row => (row, row.Exchange))], areRepeated: false, cancellation);
        var again = refused.Where(refusal => refusal.IsByQueue && ServiceExchange.Beside(refusal.Row.Exchange) is not null)
            .Select(refusal => (refusal.Row, ServiceExchange.Beside(refusal.Row.Exchange)!)).ToArray();
        if (again is [])
        {
            return new(refused, []);
        }

        var stillRefused = await Publish(again, areRepeated: true, cancellation);
        var rest = refused.ExceptBy(again.Select(publish => publish.Row), refusal => refusal.Row);
        return new(
            [.. rest, .. stillRefused],
            [.. again.Select(publish => publish.Row).Except(stillRefused.Select(refusal => refusal.Row))]);
    }

    public async ValueTask DisposeAsync()
    {
        // A broker that does not answer must not delay the end of the process.
        await _connection.CloseAsync(
            Constants.ReplySuccess, "Goodbye", _goodbyeTimeLimit, abort: true, cancellationToken: CancellationToken.None);
        await _channel.DisposeAsync();
        await _connection.DisposeAsync();
    }

    static Task<IChannel> OpenChannel(IConnection connection, CancellationToken cancellation) =>
        connection.CreateChannelAsync(
            new CreateChannelOptions(
                publisherConfirmationsEnabled: true,
                publisherConfirmationTrackingEnabled: true,
                // The relay's batch size limits what is on its way; the client's own limiter would throttle it.
                outstandingPublisherConfirmationsRateLimiter: null),
            cancellation);

    Task Block(string? reason)
    {
        _blocked = reason;
        return Task.CompletedTask;
    }

    async Task<IReadOnlyList<RefusedRow>> Publish(
        IReadOnlyList<(RelayRow Row, string Exchange)> publishes, bool areRepeated, CancellationToken cancellation)
    {
        var refused = new List<RefusedRow>();
        while (true)
        {
            var problems = await _exchanges.Problems(publishes.Select(publish => publish.Exchange), cancellation);
            var outcomes = await Task.WhenAll(publishes.Select(publish => problems.TryGetValue(publish.Exchange, out var problem)
                ? Task.FromResult(new Outcome(problem))
                : TryPublish(publish.Row, publish.Exchange, areRepeated || publish.Row.IsRepeated, cancellation)));
            refused.AddRange(publishes.Zip(outcomes).Where(end => end.Second.Refusal is not null)
                .Select(end => new RefusedRow(end.First.Row, end.First.Exchange, end.Second.Refusal!, end.Second.IsByQueue)));
            publishes = [.. publishes.Zip(outcomes).Where(end => end.Second.IsUnknown).Select(end => end.First)];
            if (publishes is [])
            {
                return refused;
            }

            // An exchange that we may not write to has closed the channel for all rows.
            areRepeated = true;
            var closed = _channel;
            _channel = await OpenChannel(_connection, cancellation);
            await closed.DisposeAsync();
        }
    }

    async Task<Outcome> TryPublish(RelayRow row, string exchange, bool isRepeated, CancellationToken cancellation)
    {
        var headers = JsonSerializer.Deserialize<Dictionary<string, string>>(row.Headers)!;
        var span = PublishSpan.Start(row, headers);
        try
        {
            // The mandatory flag makes a message that reaches no queue come back as an error.
            var isMandatory = !_announcements.Include(row.Exchange);
            if (isRepeated)
            {
                headers[RepeatedHeader] = "true";
            }

            await _channel.BasicPublishAsync(
                exchange, routingKey: "", isMandatory, Properties(row.MessageId, headers), row.Body, cancellation);
            span.Confirmed();
            return default;
        }
        catch (Exception error)
        {
            var outcome = error switch
            {
                PublishReturnException => new Outcome("no queue is bound to it; is its receiver deployed?"),
                PublishException =>
                    new Outcome("a queue bound to it refused the message: it is full, or its nodes are away.", IsByQueue: true),
                _ => new Outcome(IsUnknown: _connection.IsOpen && _exchanges.Forbid(_channel.CloseReason)),
            };
            span.Refused(outcome.Refusal ?? error.Message);
            if (outcome == default)
            {
                throw;
            }

            return outcome;
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

    /// <param name="IsUnknown">The channel was closed before the broker's word came.</param>
    readonly record struct Outcome(string? Refusal = null, bool IsByQueue = false, bool IsUnknown = false);
}

/// <summary>What became of the rows of a batch; those that are not named are out.</summary>
/// <param name="Refused">Rows the broker did not take.</param>
/// <param name="RefusedByOthers">Rows that a queue of somebody else's refused, and that our services have all the same.</param>
sealed record PublishOutcome(IReadOnlyList<RefusedRow> Refused, IReadOnlyList<RelayRow> RefusedByOthers);

/// <summary>A row that stays in the outbox for now.</summary>
/// <param name="IsByQueue">True if a queue refused it, false if the broker itself.</param>
sealed record RefusedRow(RelayRow Row, string Exchange, string Reason, bool IsByQueue);

using System.Collections.Concurrent;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;
using Shop.Launcher;

namespace Shop.Chaos.Drills.Faults;

/// <summary>
/// A detour to an endpoint: messages arrive late and in another order, or at once and once more later. The detour begins and ends at the
/// broker, so services stay as they are. Messages do so too, except those that may take both ways while the detour is opened or closed.
/// These have the header with which a relay marks a message that it may have published before.
/// </summary>
sealed class DelayedRoute : IAsyncDisposable
{
    const double DelaySecondsMax = 4;
    const string RepeatedHeader = "shop-repeated";
    static readonly TimeSpan _emptyInterval = TimeSpan.FromMilliseconds(100);

    readonly IConnection _connection;
    readonly IChannel _channel;
    readonly string _endpoint;
    readonly bool _keepsTheDirectWay;
    readonly Random _random;
    readonly ConcurrentDictionary<ulong, Task> _underWay = new();
    int _sent;
    // The number of next messages that may have taken the direct way too.
    long _mayBeCopies;

    DelayedRoute(IConnection connection, IChannel channel, string endpoint, bool keepsTheDirectWay, int seed)
    {
        (_connection, _channel, _endpoint, _keepsTheDirectWay, _random) = (connection, channel, endpoint, keepsTheDirectWay, new(seed));
    }

    string Waiting => _endpoint + "-delayed";

    string Back => _endpoint + "-delayed-end";

    /// <param name="keepsTheDirectWay">True for a copy of every message, false for all of them late.</param>
    public static async Task<DelayedRoute> Open(
        Checkout checkout, string service, string endpoint, bool keepsTheDirectWay, int seed, CancellationToken cancellation)
    {
        var connection = await BrokerLogin.Open(checkout, service, cancellation);
        var route = new DelayedRoute(connection, await connection.OpenChannel(cancellation), endpoint, keepsTheDirectWay, seed);
        await route.Open(cancellation);
        return route;
    }

    /// <summary>Removes the detour, and returns when no message is on it any more.</summary>
    /// <returns>How many messages took it.</returns>
    public async Task<int> Close(CancellationToken cancellation)
    {
        Interlocked.Exchange(ref _mayBeCopies, long.MaxValue);
        await _channel.QueueBindAsync(_endpoint, _endpoint, "", cancellationToken: cancellation);
        await _channel.QueueUnbindAsync(Waiting, _endpoint, "", cancellationToken: cancellation);
        while (await _channel.MessageCountAsync(Waiting, cancellation) > 0 || !_underWay.IsEmpty)
        {
            await Task.Delay(_emptyInterval, cancellation);
        }

        await _channel.QueueDeleteAsync(Waiting, false, false, cancellationToken: cancellation);
        await _channel.ExchangeDeleteAsync(Back, cancellationToken: cancellation);
        return _sent;
    }

    public async ValueTask DisposeAsync()
    {
        await _channel.DisposeAsync();
        await _connection.DisposeAsync();
    }

    async Task Open(CancellationToken cancellation)
    {
        await _channel.QueueDeclareAsync(
            Waiting, durable: true, exclusive: false, autoDelete: false, cancellationToken: cancellation);
        await _channel.ExchangeDeclareAsync(Back, ExchangeType.Fanout, durable: true, cancellationToken: cancellation);
        await _channel.QueueBindAsync(_endpoint, Back, "", cancellationToken: cancellation);
        await _channel.QueueBindAsync(Waiting, _endpoint, "", cancellationToken: cancellation);
        if (!_keepsTheDirectWay)
        {
            await _channel.QueueUnbindAsync(_endpoint, _endpoint, "", cancellationToken: cancellation);
            _mayBeCopies = await _channel.MessageCountAsync(Waiting, cancellation);
        }

        var consumer = new AsyncEventingBasicConsumer(_channel);
        consumer.ReceivedAsync += (_, delivery) =>
        {
            // The body is the client's own memory, for the time of this call only.
            var (properties, body) = (new BasicProperties(delivery.BasicProperties), delivery.Body.ToArray());
            if (!_keepsTheDirectWay && Interlocked.Decrement(ref _mayBeCopies) >= 0)
            {
                properties.Headers = new Dictionary<string, object?>(properties.Headers ?? new Dictionary<string, object?>())
                {
                    [RepeatedHeader] = "true",
                };
            }

            _underWay[delivery.DeliveryTag] = Send(delivery.DeliveryTag, Delay(), properties, body);
            return Task.CompletedTask;
        };
        await _channel.BasicConsumeAsync(Waiting, autoAck: false, consumer, cancellation);
    }

    TimeSpan Delay()
    {
        lock (_random)
        {
            return TimeSpan.FromSeconds(_random.NextDouble() * DelaySecondsMax);
        }
    }

    // The message is acknowledged when the broker has it again, so the drill itself loses none.
    async Task Send(ulong tag, TimeSpan delay, BasicProperties properties, byte[] body)
    {
        await Task.Delay(delay);
        await _channel.BasicPublishAsync(Back, "", mandatory: true, properties, body);
        await _channel.BasicAckAsync(tag, multiple: false);
        Interlocked.Increment(ref _sent);
        _underWay.TryRemove(tag, out _);
    }
}

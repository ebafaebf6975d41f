using System.Text.Json;
using System.Threading.Channels;
using Npgsql;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace Shop.Bench.Peers;

/// <summary>A message of the limit, with what any step needs.</summary>
/// <param name="Amount">In EUR.</param>
sealed record LimitMessage(Guid OrderId, string Sku, decimal Amount);

/// <summary>A message that has come in, or a request.</summary>
/// <param name="Kind">The name of the shop's message.</param>
/// <param name="Tag">The broker's, of a message.</param>
/// <param name="Stored">Of a request: set when it is committed.</param>
readonly record struct LimitWork(string Kind, LimitMessage Message, ulong Tag, TaskCompletionSource? Stored);

/// <summary>
/// A service of the limit: one connection to its database, one channel to the broker, one loop that takes whatever waits. Messages are
/// confirmed before those that led to them are acknowledged.
/// </summary>
sealed class LimitService : IAsyncDisposable
{
    // As the shop's own defaults.
    const int BatchSizeMax = 128;
    const ushort Prefetch = 512;

    readonly NpgsqlConnection _database;
    readonly IChannel _broker;
    readonly Channel<LimitWork> _waiting = Channel.CreateUnbounded<LimitWork>(new() { SingleReader = true });
    readonly Func<LimitService, IReadOnlyList<LimitWork>, Task> _handle;
    Task _working = Task.CompletedTask;
    int _unfinished;

    LimitService(NpgsqlConnection database, IChannel broker, Func<LimitService, IReadOnlyList<LimitWork>, Task> handle) =>
        (_database, _broker, _handle) = (database, broker, handle);

    /// <summary>What has come in and is not done.</summary>
    public int Unfinished => Volatile.Read(ref _unfinished);

    /// <summary>Ends with the error that has stopped the service; otherwise when it is disposed of.</summary>
    public Task Working => _working;

    public static async Task<LimitService> Start(
        string database,
        IConnection broker,
        string queue,
        Func<LimitService, IReadOnlyList<LimitWork>, Task> handle,
        CancellationToken cancellation)
    {
        var connection = new NpgsqlConnection(database + ";Pooling=false;Max Auto Prepare=20");
        await connection.OpenAsync(cancellation);
        var channel = await broker.CreateChannelAsync(
            new(
                publisherConfirmationsEnabled: true,
                publisherConfirmationTrackingEnabled: true,
                // The batch limits what is on its way.
                outstandingPublisherConfirmationsRateLimiter: null),
            cancellation);
        var service = new LimitService(connection, channel, handle);
        await service.Consume(queue, cancellation);
        service._working = Task.Run(service.Work, cancellation);
        return service;
    }

    public void Add(LimitWork work)
    {
        Interlocked.Increment(ref _unfinished);
        if (!_waiting.Writer.TryWrite(work))
        {
            work.Stored?.TrySetException(new InvalidOperationException("A service of the limit has ended."));
        }
    }

    /// <summary>Runs statements in one transaction, in one round trip.</summary>
    public async Task Execute(params IEnumerable<LimitStatement?> statements)
    {
        await using var batch = new NpgsqlBatch(_database);
        foreach (var statement in statements.OfType<LimitStatement>())
        {
            batch.BatchCommands.Add(statement.Command());
        }

        if (batch.BatchCommands.Count > 0)
        {
            await batch.ExecuteNonQueryAsync();
        }
    }

    /// <summary>Sends messages, all on their way at once, and returns when the broker has confirmed them.</summary>
    /// <param name="queue">Of the receiver; empty for nobody, as what is announced has no receiver here.</param>
    public IEnumerable<Task> Send(string queue, string kind, IEnumerable<LimitMessage> messages) => messages.Select(async message =>
        await _broker.BasicPublishAsync(
            queue is "" ? Limit.Announcements : "",
            queue,
            mandatory: queue is not "",
            new BasicProperties { Type = kind, DeliveryMode = DeliveryModes.Persistent },
            JsonSerializer.SerializeToUtf8Bytes(message, JsonSerializerOptions.Web)));

    public async ValueTask DisposeAsync()
    {
        _waiting.Writer.TryComplete();
        await _working.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _broker.DisposeAsync();
        await _database.DisposeAsync();
    }

    async Task Consume(string queue, CancellationToken cancellation)
    {
        await _broker.QueueDeclareAsync(
            queue,
            durable: true,
            exclusive: false,
            autoDelete: false,
            new Dictionary<string, object?> { ["x-queue-type"] = "quorum" },
            cancellationToken: cancellation);
        await _broker.BasicQosAsync(0, Prefetch, global: false, cancellation);
        var consumer = new AsyncEventingBasicConsumer(_broker);
        consumer.ReceivedAsync += (_, delivery) =>
        {
            var message = JsonSerializer.Deserialize<LimitMessage>(delivery.Body.Span, JsonSerializerOptions.Web)!;
            Add(new(delivery.BasicProperties.Type!, message, delivery.DeliveryTag, null));
            return Task.CompletedTask;
        };
        await _broker.BasicConsumeAsync(queue, autoAck: false, consumer, cancellation);
    }

    async Task Work()
    {
        var batch = new List<LimitWork>();
        try
        {
            while (await _waiting.Reader.WaitToReadAsync())
            {
                while (batch.Count < BatchSizeMax && _waiting.Reader.TryRead(out var work))
                {
                    batch.Add(work);
                }

                await _handle(this, batch);
                // They have come in order, so the last stands for all.
                if (batch.Max(work => work.Tag) is > 0 and var last)
                {
                    await _broker.BasicAckAsync(last, multiple: true);
                }

                Interlocked.Add(ref _unfinished, -batch.Count);
                batch.Clear();
            }
        }
        catch (Exception error)
        {
            _waiting.Writer.TryComplete(error);
            batch.ForEach(work => work.Stored?.TrySetException(error));
            throw;
        }
    }
}

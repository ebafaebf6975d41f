using System.Diagnostics;
using System.Security.Cryptography;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Shop.Messaging;

/// <summary>
/// Carries committed outbox rows to the broker: woken by each commit of its own process, and by a slow poll that finds
/// scheduled messages and the rows of replicas that died. Publishes before it deletes, so every row goes out at least once.
/// </summary>
/// <remarks>
/// What one transaction writes, or one after the other, goes out in that order. Two transactions at the same time may go out
/// either way, unless the second had to wait for a row that the first had locked. Between replicas, for scheduled messages,
/// for those the broker refused, and after a crash there is no order: receivers must not depend on it.
/// </remarks>
sealed partial class Relay<TDb> : BackgroundService where TDb : DbContext
{
    static readonly TimeSpan _adoptionInterval = TimeSpan.FromSeconds(1);
    static readonly TimeSpan _reconnectPause = TimeSpan.FromSeconds(1);
    static readonly TimeSpan _postponement = TimeSpan.FromSeconds(1);
    static readonly TimeSpan _deletionTimeLimit = TimeSpan.FromSeconds(5);

    // Never disposed: lanes that finish their last batch while the process stops still signal it.
    readonly SemaphoreSlim _wake = new(0);
    readonly NpgsqlDataSource _database;
    readonly RabbitMqOptions _broker;
    readonly MessagingOptions _options;
    readonly MessagingMetrics _metrics;
    readonly Announcements _announcements;
    readonly ILogger<Relay<TDb>> _logger;
    readonly MessagingTables _tables;
    readonly long _owner = BitConverter.ToInt64(RandomNumberGenerator.GetBytes(8)) & long.MaxValue;
    long _backlogRows;

    public Relay(
        NpgsqlDataSource database,
        IServiceScopeFactory scopes,
        IOptions<RabbitMqOptions> broker,
        IOptions<MessagingOptions> options,
        MessagingMetrics metrics,
        Announcements announcements,
        ILogger<Relay<TDb>> logger)
    {
        using var scope = scopes.CreateScope();
        _tables = MessagingTables.Of(scope.ServiceProvider.GetRequiredService<TDb>());
        _database = database;
        _broker = broker.Value;
        _options = options.Value;
        _metrics = metrics;
        _announcements = announcements;
        _logger = logger;
        Inbox = new(_tables);
        Outbox = new(_tables, _owner);
        metrics.ObserveBacklog(() => BacklogRows);
    }

    public Inbox Inbox { get; }

    public Outbox Outbox { get; }

    /// <summary>True while rows can go out.</summary>
    public bool IsConnected { get; private set; }

    /// <summary>Due rows of this replica, counted while they pile up; 0 while the relay keeps up.</summary>
    public long BacklogRows => Interlocked.Read(ref _backlogRows);

    /// <summary>Called after a commit that wrote rows.</summary>
    public void Wake()
    {
        if (_wake.CurrentCount == 0)
        {
            _wake.Release();
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await using var broker = await BrokerPublisher.Connect(
                    _broker, _announcements, $"{typeof(TDb).Name} relay", stoppingToken);
                // The database second: while we cannot publish we must not hold the lock that says we will.
                await using var store = await RelayStore.Open(_database, _tables, _owner, stoppingToken);
                IsConnected = true;
                LogConnected();
                await RelayRows(store, broker, stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception error)
            {
                LogDisconnected(error.Message);
                IsConnected = false;
                await CountBacklog(stoppingToken);
                await Task.Delay(_reconnectPause, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    async Task RelayRows(RelayStore store, BrokerPublisher broker, CancellationToken stopping)
    {
        var sinceAdoption = Stopwatch.StartNew();
        while (broker.IsOpen)
        {
            var rows = await store.Due(_options.RelayBatchSize, stopping);
            if (rows is not [])
            {
                await Publish(rows, store, broker, stopping);
            }

            if (sinceAdoption.Elapsed > _adoptionInterval)
            {
                if (await store.Adopt(stopping) is > 0 and var adopted)
                {
                    LogAdopted(adopted);
                }

                var keepsUp = rows.Count < _options.RelayBatchSize;
                Interlocked.Exchange(ref _backlogRows, keepsUp ? 0 : await store.CountDue(stopping));
                sinceAdoption.Restart();
            }

            if (rows.Count < _options.RelayBatchSize)
            {
                await _wake.WaitAsync(_options.RelayPollMilliseconds, stopping);
            }
        }

        throw new IOException("The connection to the message broker was closed.");
    }

    async Task Publish(IReadOnlyList<RelayRow> rows, RelayStore store, BrokerPublisher broker, CancellationToken stopping)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        patience.CancelAfter(TimeSpan.FromSeconds(_options.ConfirmTimeoutSeconds));
        var refused = await broker.Publish(rows, patience.Token);
        // Confirmed rows are deleted even while the process is being stopped: it saves the receivers a duplicate.
        using var deleting = new CancellationTokenSource(_deletionTimeLimit);
        await store.Delete(refused is [] ? rows : [.. rows.Except(refused.Select(refusal => refusal.Row))], deleting.Token);
        if (refused is [var first, ..])
        {
            await store.Postpone([.. refused.Select(refusal => refusal.Row)], _postponement, deleting.Token);
            LogRefused(refused.Count, first.Row.MessageId, first.Row.Exchange, first.Reason);
        }

        _metrics.Published(rows.Count - refused.Count, refused.Count);
    }

    async Task CountBacklog(CancellationToken stopping)
    {
        try
        {
            await using var command = _database.CreateCommand(
                $"select count(*) from {_tables.Outbox} where owner = $1 and due_at <= now()");
            command.Parameters.Add(new() { Value = _owner });
            Interlocked.Exchange(ref _backlogRows, (long)(await command.ExecuteScalarAsync(stopping))!);
        }
        catch (Exception)
        {
            // Without its database the service takes no writes, so nothing can pile up.
            Interlocked.Exchange(ref _backlogRows, 0);
        }
    }

    [LoggerMessage(LogLevel.Information, "Outbox relay connected to database and message broker")]
    partial void LogConnected();

    [LoggerMessage(LogLevel.Warning, "Outbox relay disconnected, messages wait in the outbox: {Reason}")]
    partial void LogDisconnected(string reason);

    [LoggerMessage(LogLevel.Information, "Adopted {Rows} outbox rows of a replica that is gone")]
    partial void LogAdopted(int rows);

    [LoggerMessage(
        LogLevel.Warning,
        "The broker did not take {Rows} messages and will be asked again; first {MessageId} for {Exchange}: {Reason}")]
    partial void LogRefused(int rows, Guid messageId, string exchange, string reason);
}

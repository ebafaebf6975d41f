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
    readonly RabbitMqOptions _broker;
    readonly MessagingOptions _options;
    readonly MessagingMetrics _metrics;
    readonly Announcements _announcements;
    readonly ILogger<Relay<TDb>> _logger;
    readonly RelayStore _store;
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
        var tables = MessagingTables.Of(scope.ServiceProvider.GetRequiredService<TDb>());
        var owner = BitConverter.ToInt64(RandomNumberGenerator.GetBytes(8)) & long.MaxValue;
        _store = new(database, tables, owner);
        _broker = broker.Value;
        _options = options.Value;
        _metrics = metrics;
        _announcements = announcements;
        _logger = logger;
        Inbox = new(tables);
        Outbox = new(tables, owner);
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
                // The lease second: while we cannot publish we must not hold what says we will.
                await _store.Hold(stoppingToken);
                await _store.ForgetLeases(stoppingToken);
                IsConnected = true;
                LogConnected();
                await RelayRows(broker, stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                break;
            }
            catch (Exception error)
            {
                LogDisconnected(error.Message);
                IsConnected = false;
                await Release();
                await CountBacklog(stoppingToken);
                await Task.Delay(_reconnectPause, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }

        await Release();
    }

    async Task RelayRows(BrokerPublisher broker, CancellationToken stopping)
    {
        var sinceAdoption = Stopwatch.StartNew();
        while (broker.IsOpen)
        {
            var rows = await _store.Due(_options.RelayBatchSize, stopping);
            // A process that stood still wakes up here with rows that are another's by now.
            if (rows is not [] && sinceAdoption.Elapsed < RelayStore.LeaseTime)
            {
                await Publish(rows, broker, stopping);
            }

            if (sinceAdoption.Elapsed > _adoptionInterval)
            {
                await _store.Hold(stopping);
                sinceAdoption.Restart();
                if (await _store.Adopt(stopping) is > 0 and var adopted)
                {
                    LogAdopted(adopted);
                }

                var keepsUp = rows.Count < _options.RelayBatchSize;
                Interlocked.Exchange(ref _backlogRows, keepsUp ? 0 : await _store.CountDue(stopping));
            }

            if (rows.Count < _options.RelayBatchSize)
            {
                await _wake.WaitAsync(_options.RelayPollMilliseconds, stopping);
            }
        }

        throw new IOException("The connection to the message broker was closed.");
    }

    async Task Publish(IReadOnlyList<RelayRow> rows, BrokerPublisher broker, CancellationToken stopping)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        patience.CancelAfter(TimeSpan.FromSeconds(_options.ConfirmTimeoutSeconds));
        var refused = await broker.Publish(rows, patience.Token);
        // Confirmed rows are deleted even while the process is being stopped: it saves the receivers a duplicate.
        using var deleting = new CancellationTokenSource(_deletionTimeLimit);
        await _store.Delete(refused is [] ? rows : [.. rows.Except(refused.Select(refusal => refusal.Row))], deleting.Token);
        if (refused is [var first, ..])
        {
            await _store.Postpone([.. refused.Select(refusal => refusal.Row)], _postponement, deleting.Token);
            LogRefused(refused.Count, first.Row.MessageId, first.Row.Exchange, first.Reason);
        }

        _metrics.Published(rows.Count - refused.Count, refused.Count);
    }

    // At best: without it the others wait for the end of the lease.
    async Task Release()
    {
        try
        {
            using var patience = new CancellationTokenSource(_deletionTimeLimit);
            await _store.Release(patience.Token);
        }
        catch (Exception error)
        {
            LogNotReleased(error.Message);
        }
    }

    async Task CountBacklog(CancellationToken stopping)
    {
        try
        {
            Interlocked.Exchange(ref _backlogRows, await _store.CountDue(stopping));
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

    [LoggerMessage(LogLevel.Debug, "The lease of the outbox could not be given back and will run out: {Reason}")]
    partial void LogNotReleased(string reason);

    [LoggerMessage(LogLevel.Information, "Adopted {Rows} outbox rows of a replica that is gone")]
    partial void LogAdopted(int rows);

    [LoggerMessage(
        LogLevel.Warning,
        "The broker did not take {Rows} messages and will be asked again; first {MessageId} for {Exchange}: {Reason}")]
    partial void LogRefused(int rows, Guid messageId, string exchange, string reason);
}

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
/// Carries committed outbox rows to the broker: those that its own process hands over after their commit, and those that a slow poll of the
/// table finds, such as scheduled messages and the rows of replicas that died. Publishes before it deletes, so every row goes out at least
/// once.
/// </summary>
/// <remarks>
/// What one transaction writes, or one after the other, goes out in that order. Two transactions at the same time may go out
/// either way, unless the second had to wait for a row that the first had locked. Between replicas, for scheduled messages,
/// for those the broker refused, and after a crash there is no order: receivers must not depend on it.
/// </remarks>
sealed partial class Relay<TDb> : BackgroundService where TDb : DbContext
{
    static readonly TimeSpan _lookInterval = TimeSpan.FromSeconds(1);
    static readonly TimeSpan _reconnectPause = TimeSpan.FromSeconds(1);

    // The signal is never disposed, because lanes that finish their last batch while the process stops still use it.
    readonly SemaphoreSlim _wake = new(0);
    readonly RabbitMqOptions _broker;
    readonly MessagingOptions _options;
    readonly MessagingMetrics _metrics;
    readonly Announcements _announcements;
    readonly ILogger<Relay<TDb>> _logger;
    readonly RelayRows _rows;
    readonly BrokerCondition _condition;
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
        _broker = broker.Value;
        _options = options.Value;
        _metrics = metrics;
        _announcements = announcements;
        _logger = logger;
        _condition = new(_broker);
        _rows = new(database, tables, owner, _options);
        Inbox = new(tables);
        Outbox = new(tables, owner, announcements);
        metrics.ObserveBacklog(() => BacklogRows);
    }

    public Inbox Inbox { get; }

    public Outbox Outbox { get; }

    public FreshRows Fresh => _rows.Fresh;

    /// <summary>The reason why rows do not go out, with what to do. Null if they do.</summary>
    public string? Problem => _condition.Problem;

    /// <summary>Rows of this replica that should be out, counted while they pile up; 0 while the relay keeps up.</summary>
    public long BacklogRows => Interlocked.Read(ref _backlogRows);

    /// <summary>Called after a commit that wrote rows.</summary>
    public void Take(FreshRows.Handover handover)
    {
        handover.Committed();
        Signal();
    }

    /// <summary>Called after a commit of rows that were not handed over.</summary>
    public void Wake()
    {
        Fresh.IsIncomplete();
        Signal();
    }

    void Signal()
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
                // The lease comes second, because a replica that cannot publish must not hold one.
                await _rows.Begin(stoppingToken);
                _condition.Back();
                LogConnected();
                await PublishRows(broker, stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                break;
            }
            catch (Exception error)
            {
                _condition.Away(error);
                LogDisconnected(Problem ?? error.Message);
                await Leave();
                await CountBacklog(stoppingToken);
                await Task.Delay(_reconnectPause, TimeProvider.System, stoppingToken)
                    .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }

        await Leave();
    }

    async Task PublishRows(BrokerPublisher broker, CancellationToken stopping)
    {
        while (broker.IsOpen)
        {
            var rows = await _rows.Next(_condition.IsSettled, stopping);
            if (rows is not [])
            {
                await Publish(rows, broker, stopping);
            }

            if (await _rows.Renew(stopping) is { } adopted)
            {
                if (adopted > 0)
                {
                    LogAdopted(adopted);
                }

                var keepsUp = rows.Count < _options.RelayBatchSize;
                if (!keepsUp)
                {
                    await _rows.PutOffDeadlines(stopping);
                }

                Interlocked.Exchange(ref _backlogRows, keepsUp && Problem is null ? 0 : await _rows.CountOverdue(stopping));
            }

            if (rows is [])
            {
                await _wake.WaitAsync(_options.RelayPollMilliseconds, stopping);
            }
        }

        throw new IOException("The connection to the message broker was closed.");
    }

    async Task Publish(IReadOnlyList<RelayRow> rows, BrokerPublisher broker, CancellationToken stopping)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        var publishing = broker.Publish(rows, patience.Token);
        try
        {
            await Confirmation(publishing, broker, stopping);
        }
        finally
        {
            await patience.CancelAsync();
        }

        var outcome = await publishing;
        if (_condition.Back())
        {
            LogConnected();
        }

        _condition.Published(rows, outcome);
        await _rows.Published(rows, outcome);
        if (outcome.Refused is [var first, ..])
        {
            LogRefused(outcome.Refused.Count, first.Row.MessageId, first.Exchange, first.Reason);
        }

        if (outcome.RefusedByOthers is [var other, ..])
        {
            LogRefusedByOthers(outcome.RefusedByOthers.Count, other.Exchange);
        }

        _metrics.Published(rows.Count - outcome.Refused.Count, outcome.Refused.Count, outcome.RefusedByOthers.Count);
    }

    // A broker with an alarm accepts the rows on their way when the alarm is over, so publishing them once more would only add copies.
    async Task Confirmation(Task publishing, BrokerPublisher broker, CancellationToken stopping)
    {
        var silence = Stopwatch.StartNew();
        while (await Task.WhenAny(publishing, Task.Delay(_lookInterval, TimeProvider.System, stopping)) != publishing)
        {
            stopping.ThrowIfCancellationRequested();
            if (broker.Blocked is { } reason)
            {
                silence.Restart();
                await Blocked(BrokerProblem.OfAlarm(reason), stopping);
            }
            else if (silence.Elapsed.TotalSeconds > _options.ConfirmTimeoutSeconds)
            {
                throw new TimeoutException("The message broker did not confirm what was published");
            }
        }
    }

    async Task Blocked(string problem, CancellationToken stopping)
    {
        if (Problem != problem)
        {
            _condition.Away(problem);
            LogDisconnected(problem);
        }

        await _rows.Hold(stopping);
        await CountBacklog(stopping);
    }

    // A failure does no harm: the other replicas then wait for the end of the lease, and receivers get duplicates.
    async Task Leave()
    {
        try
        {
            await _rows.Leave();
        }
        catch (Exception error)
        {
            LogNotLeft(error.Message);
        }
    }

    async Task CountBacklog(CancellationToken stopping)
    {
        try
        {
            Interlocked.Exchange(ref _backlogRows, await _rows.CountOverdue(stopping));
        }
        catch (Exception)
        {
            // Without its database the service takes no writes, so the outbox does not grow.
            Interlocked.Exchange(ref _backlogRows, 0);
        }
    }

    [LoggerMessage(LogLevel.Information, "Outbox relay connected to database and message broker")]
    partial void LogConnected();

    [LoggerMessage(LogLevel.Warning, "Messages wait in the outbox: {Reason}")]
    partial void LogDisconnected(string reason);

    [LoggerMessage(LogLevel.Debug, "The outbox could not be left to the others, and its lease will expire: {Reason}")]
    partial void LogNotLeft(string reason);

    [LoggerMessage(LogLevel.Information, "Adopted {Rows} outbox rows of a replica that is gone")]
    partial void LogAdopted(int rows);

    [LoggerMessage(
        LogLevel.Warning,
        "The broker did not take {Rows} messages and will be asked again; first {MessageId} for {Exchange}: {Reason}")]
    partial void LogRefused(int rows, Guid messageId, string exchange, string reason);

    [LoggerMessage(
        LogLevel.Warning,
        "A subscriber's queue is full and refused {Rows} messages, first of {Exchange}. The services received them, the subscriber did not")]
    partial void LogRefusedByOthers(int rows, string exchange);
}

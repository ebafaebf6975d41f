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
    static readonly TimeSpan _writingTimeLimit = TimeSpan.FromSeconds(5);

    // The signal is never disposed, because lanes that finish their last batch while the process stops still use it.
    readonly SemaphoreSlim _wake = new(0);
    readonly RabbitMqOptions _broker;
    readonly MessagingOptions _options;
    readonly MessagingMetrics _metrics;
    readonly Announcements _announcements;
    readonly ILogger<Relay<TDb>> _logger;
    readonly RelayStore _store;
    readonly RelayLease _lease;
    readonly BrokerAnswers _answers;
    readonly BrokerCondition _condition;
    // Rows that are still there and may have been published before, by us or by whom we have them from.
    readonly HashSet<long> _repeated = [];
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
        _lease = new(database, tables, owner);
        _broker = broker.Value;
        _options = options.Value;
        _metrics = metrics;
        _announcements = announcements;
        _logger = logger;
        _answers = new(_store);
        _condition = new(_broker);
        Inbox = new(tables);
        Outbox = new(tables, owner, announcements);
        metrics.ObserveBacklog(() => BacklogRows);
    }

    public Inbox Inbox { get; }

    public Outbox Outbox { get; }

    /// <summary>The reason why rows do not go out, with what to do. Null if they do.</summary>
    public string? Problem => _condition.Problem;

    /// <summary>Rows of this replica that should be out, counted while they pile up; 0 while the relay keeps up.</summary>
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
                // The lease comes second, because a replica that cannot publish must not hold one.
                await _lease.Hold(stoppingToken);
                await _lease.ForgetEnded(stoppingToken);
                _condition.Back();
                LogConnected();
                await RelayRows(broker, stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                break;
            }
            catch (Exception error)
            {
                _condition.Away(error);
                LogDisconnected(Problem ?? error.Message);
                await Release();
                await CountBacklog(stoppingToken);
                await Task.Delay(_reconnectPause, TimeProvider.System, stoppingToken)
                    .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }

        await Release();
    }

    async Task RelayRows(BrokerPublisher broker, CancellationToken stopping)
    {
        var sinceHold = Stopwatch.StartNew();
        while (broker.IsOpen)
        {
            await WriteAnswers();
            var rows = await _store.Due(_options.RelayBatchSize, _answers.Rows, _condition.IsSettled, stopping);
            // A process that stood still may have rows here that belong to another replica by now.
            if (rows is not [] && sinceHold.Elapsed < RelayLease.LeaseTime)
            {
                await Publish(rows, broker, stopping);
            }

            if (sinceHold.Elapsed > _adoptionInterval)
            {
                await _lease.Hold(stopping);
                sinceHold.Restart();
                if (await _lease.Adopt(_repeated, stopping) is > 0 and var adopted)
                {
                    LogAdopted(adopted);
                }

                var keepsUp = rows.Count < _options.RelayBatchSize;
                if (!keepsUp)
                {
                    await _store.PutOffDeadlines(stopping);
                }

                Interlocked.Exchange(ref _backlogRows, keepsUp && Problem is null ? 0 : await _store.CountOverdue(stopping));
            }

            if (rows.Count < _options.RelayBatchSize)
            {
                await _wake.WaitAsync(_options.RelayPollMilliseconds, stopping);
            }
        }

        throw new IOException("The connection to the message broker was closed.");
    }

    async Task Publish(IReadOnlyList<RelayRow> due, BrokerPublisher broker, CancellationToken stopping)
    {
        RelayRow[] rows = [.. due.Select(row => row with { IsRepeated = !_repeated.Add(row.Seq) })];
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

        _answers.Add(rows, outcome);
        _repeated.ExceptWith(rows.Except(outcome.Refused.Select(refusal => refusal.Row)).Select(row => row.Seq));
        _condition.Published(rows, outcome);
        await WriteAnswers();
        if (outcome.Refused is [var first, ..])
        {
            LogRefused(outcome.Refused.Count, first.Row.MessageId, first.Exchange, first.Reason);
        }

        if (outcome.RefusedByOthers is [var other, ..])
        {
            LogRefusedByOthers(outcome.RefusedByOthers.Count, other.Exchange);
        }

        _metrics.Published(rows.Length - outcome.Refused.Count, outcome.Refused.Count, outcome.RefusedByOthers.Count);
    }

    // A broker with an alarm accepts the rows on their way when the alarm is over, so publishing them once more would only add copies.
    async Task Confirmation(Task publishing, BrokerPublisher broker, CancellationToken stopping)
    {
        var silence = Stopwatch.StartNew();
        while (await Task.WhenAny(publishing, Task.Delay(_adoptionInterval, TimeProvider.System, stopping)) != publishing)
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

        await _lease.Hold(stopping);
        await CountBacklog(stopping);
    }

    // The answers are stored also while the process stops, which saves the receivers a duplicate.
    async Task WriteAnswers()
    {
        using var patience = new CancellationTokenSource(_writingTimeLimit);
        await _answers.Write(patience.Token);
    }

    // A failure does no harm: the other replicas then wait for the end of the lease.
    async Task Release()
    {
        try
        {
            using var patience = new CancellationTokenSource(_writingTimeLimit);
            await _lease.Release(patience.Token);
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
            Interlocked.Exchange(ref _backlogRows, await _store.CountOverdue(stopping));
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

    [LoggerMessage(LogLevel.Debug, "The lease of the outbox could not be released and will expire: {Reason}")]
    partial void LogNotReleased(string reason);

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

using System.Diagnostics.Metrics;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Shop.Hosting;

/// <summary>What a rule found.</summary>
public sealed record InvariantFinding(string Service, string Name, string Promise, IReadOnlyList<InvariantViolation> Violations);

/// <param name="Subject">The order, product or message it is about.</param>
public sealed record InvariantViolation(string Subject, string Expected, string Found);

/// <summary>
/// Checks a service's own promises regularly. The results are the metric <c>shop.invariant.violations</c> by rule, the service's gauges,
/// and an error in the log for each new violation.
/// </summary>
sealed partial class InvariantMonitor : BackgroundService
{
    const int ViolationsMax = 1_000;

    readonly Meter _meter = new("Shop.Invariants");
    readonly string _service;
    readonly NpgsqlDataSource _database;
    readonly IReadOnlyList<InvariantRule> _rules;
    readonly IReadOnlyList<DatabaseGauge> _gauges;
    readonly TimeSpan _interval;
    readonly TimeProvider _clock;
    readonly ILogger<InvariantMonitor> _logger;
    volatile IReadOnlyDictionary<string, int> _violations = new Dictionary<string, int>();
    volatile IReadOnlyDictionary<string, IReadOnlyList<Measurement<double>>> _values =
        new Dictionary<string, IReadOnlyList<Measurement<double>>>();
    long _checkedAt;

    public InvariantMonitor(
        string service,
        NpgsqlDataSource database,
        IReadOnlyList<InvariantRule> rules,
        IReadOnlyList<DatabaseGauge> gauges,
        IOptions<InvariantOptions> options,
        TimeProvider clock,
        ILogger<InvariantMonitor> logger)
    {
        _service = service;
        _database = database;
        _rules = rules;
        _gauges = gauges;
        _interval = options.Value.CheckInterval;
        _clock = clock;
        _logger = logger;
        _meter.CreateObservableGauge(
            "shop.invariant.violations",
            () =>
                _violations.Select(rule => new Measurement<int>(rule.Value, new KeyValuePair<string, object?>("shop.invariant", rule.Key))),
            "{violation}",
            "Violations of an invariant at the moment");
        _checkedAt = clock.GetTimestamp();
        _meter.CreateObservableGauge(
            "shop.invariant.check.age",
            () => clock.GetElapsedTime(Interlocked.Read(ref _checkedAt)).TotalSeconds,
            "s",
            "Time since the invariants were last checked");
        foreach (var gauge in gauges)
        {
            _meter.CreateObservableGauge(gauge.Name, () => _values.GetValueOrDefault(gauge.Name, []), gauge.Unit, gauge.Description);
        }
    }

    /// <summary>Asks every rule now.</summary>
    public async Task<IReadOnlyList<InvariantFinding>> Check(CancellationToken cancellation)
    {
        var findings = new List<InvariantFinding>();
        foreach (var rule in _rules)
        {
            findings.Add(new(_service, rule.Name, rule.Promise, await Violations(rule, cancellation)));
        }

        return findings;
    }

    public override void Dispose()
    {
        _meter.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(_interval, _clock);
        do
        {
            try
            {
                await Observe(stoppingToken);
            }
            catch (Exception error) when (!stoppingToken.IsCancellationRequested)
            {
                LogFailed(error.Message);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    async Task Observe(CancellationToken cancellation)
    {
        var findings = await Check(cancellation);
        foreach (var finding in findings.Where(finding => finding.Violations.Count > _violations.GetValueOrDefault(finding.Name)))
        {
            LogViolated(finding.Promise, finding.Violations.Count, finding.Violations[0]);
        }

        _violations = findings.ToDictionary(finding => finding.Name, finding => finding.Violations.Count);
        var values = new Dictionary<string, IReadOnlyList<Measurement<double>>>();
        foreach (var gauge in _gauges)
        {
            values[gauge.Name] = await gauge.Measure(_database, cancellation);
        }

        _values = values;
        Interlocked.Exchange(ref _checkedAt, _clock.GetTimestamp());
    }

    async Task<IReadOnlyList<InvariantViolation>> Violations(InvariantRule rule, CancellationToken cancellation)
    {
        await using var command = _database.CreateCommand($"select * from ({rule.Violations}) as found limit {ViolationsMax}");
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var violations = new List<InvariantViolation>();
        while (await reader.ReadAsync(cancellation))
        {
            violations.Add(new(reader.GetString(0), reader.GetString(1), reader.GetString(2)));
        }

        return violations;
    }

    [LoggerMessage(LogLevel.Error, "Invariant violated: {Promise}. {Count} violations, such as {Violation}")]
    partial void LogViolated(string promise, int count, InvariantViolation violation);

    [LoggerMessage(LogLevel.Warning, "The invariants could not be checked and will be checked again: {Reason}")]
    partial void LogFailed(string reason);
}

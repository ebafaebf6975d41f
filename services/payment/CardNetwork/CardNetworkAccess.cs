using System.Diagnostics.Metrics;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Shop.Payment.CardNetwork;

/// <summary>
/// Whether the card network takes our API key. While it does not, no outcome is known and no customer is declined: payments wait, and
/// somebody has to be told.
/// </summary>
sealed partial class CardNetworkAccess : IHealthCheck, IDisposable
{
    readonly Meter _meter = new(CardNetworkMetrics.MeterName);
    readonly ILogger<CardNetworkAccess> _logger;
    volatile bool _isRefused;

    public CardNetworkAccess(ILogger<CardNetworkAccess> logger)
    {
        _logger = logger;
        _meter.CreateObservableGauge(
            "shop.card_network.key.refused",
            () => _isRefused ? 1 : 0,
            "{key}",
            "1 while the card network answers 401 or 403: our API key has expired or is not the right one");
    }

    /// <summary>Told with every answer.</summary>
    public void Tell(bool isRefused)
    {
        if (isRefused == _isRefused)
        {
            return;
        }

        _isRefused = isRefused;
        if (isRefused)
        {
            LogRefused();
        }
        else
        {
            LogTaken();
        }
    }

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(_isRefused
            ? HealthCheckResult.Degraded("The card network refuses our API key: payments wait.")
            : HealthCheckResult.Healthy());

    public void Dispose() => _meter.Dispose();

    [LoggerMessage(LogLevel.Error, "The card network refuses our API key (CardNetwork:ApiKey): payments wait until it takes it again")]
    partial void LogRefused();

    [LoggerMessage(LogLevel.Information, "The card network takes our API key again")]
    partial void LogTaken();
}

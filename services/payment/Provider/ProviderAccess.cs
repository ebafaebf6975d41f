using System.Diagnostics.Metrics;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Shop.Payment.Provider;

/// <summary>
/// Whether the payment provider takes our API key. While it refuses the key, no outcome is known and no customer is declined. Payments
/// wait, and operators must know.
/// </summary>
sealed partial class ProviderAccess : IHealthCheck, IDisposable
{
    readonly Meter _meter = new(ProviderMetrics.MeterName);
    readonly ILogger<ProviderAccess> _logger;
    volatile bool _isRefused;

    public ProviderAccess(ILogger<ProviderAccess> logger)
    {
        _logger = logger;
        _meter.CreateObservableGauge(
            "shop.payment_provider.key.refused",
            () => _isRefused ? 1 : 0,
            "{key}",
            "1 while the payment provider answers 401 or 403: our API key has expired or is not the right one");
    }

    /// <summary>Called for every answer.</summary>
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
            ? HealthCheckResult.Degraded("The payment provider refuses our API key: payments wait.")
            : HealthCheckResult.Healthy());

    public void Dispose() => _meter.Dispose();

    [LoggerMessage(LogLevel.Error, "The payment provider refuses our API key (CardNetwork:ApiKey): payments wait until it takes it again")]
    partial void LogRefused();

    [LoggerMessage(LogLevel.Information, "The payment provider takes our API key again")]
    partial void LogTaken();
}

using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Polly.CircuitBreaker;

namespace Shop.Payment.Provider;

/// <summary>The answers of the payment provider, and the state of the circuit breaker.</summary>
sealed class ProviderMetrics : IHostedService, IDisposable
{
    public const string MeterName = "Shop.Payment";

    static readonly double[] _seconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30];

    static readonly (string Name, CircuitState State)[] _states =
        [("closed", CircuitState.Closed), ("open", CircuitState.Open), ("half_open", CircuitState.HalfOpen)];

    static readonly string[] _groups = [FailingCustomers.Other, FailingCustomers.Failing];

    readonly Meter _meter = new(MeterName);
    readonly Histogram<double> _calls;
    readonly Counter<long> _openings;
    readonly ConcurrentDictionary<string, CircuitBreakerStateProvider> _breakers = new();

    public ProviderMetrics()
    {
        _calls = _meter.CreateHistogram(
            "shop.payment_provider.call.duration",
            "s",
            "Calls to the payment provider, with their quick repetitions, by operation and by what is known afterwards",
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = _seconds });
        _openings = _meter.CreateCounter<long>(
            "shop.payment_provider.breaker.openings", "{opening}", "How often the circuit breaker opened");
        _meter.CreateObservableGauge(
            "shop.payment_provider.breaker.status",
            Status,
            "{breaker}",
            "1 for the state of the circuit breaker, 0 for the others; an open one half-opens with the next call");
    }

    /// <summary>Begins the counter at 0, because Prometheus does not see the step from nothing to 1 as an increase.</summary>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var group in _groups)
        {
            _openings.Add(0, OfCustomers(group));
        }

        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _meter.Dispose();

    /// <summary>The breaker to tell about: of one replica, each has its own.</summary>
    public void Watch(string group, CircuitBreakerStateProvider breaker) => _breakers[group] = breaker;

    public void Opened(string group) => _openings.Add(1, OfCustomers(group));

    /// <returns>The answer.</returns>
    public ChargeAnswer Called(string operation, long startedAt, ChargeAnswer answer)
    {
        _calls.Record(
            Stopwatch.GetElapsedTime(startedAt).TotalSeconds,
            new KeyValuePair<string, object?>("shop.payment_provider.operation", operation),
            new KeyValuePair<string, object?>("shop.payment_provider.outcome", OutcomeOf(answer)));
        return answer;
    }

    static string OutcomeOf(ChargeAnswer answer) => answer switch
    {
        ChargeAnswer.Succeeded => "succeeded",
        ChargeAnswer.Declined => "declined",
        ChargeAnswer.NotFound => "not_found",
        ChargeAnswer.NotDone => "not_done",
        _ => "unknown",
    };

    // Before the first call there is no breaker yet, so calls are possible.
    IEnumerable<Measurement<int>> Status() =>
        from customers in _groups
        let current = _breakers.TryGetValue(customers, out var breaker) ? breaker.CircuitState : CircuitState.Closed
        from state in _states
        select new Measurement<int>(state.State == current ? 1 : 0, Of(state.Name), OfCustomers(customers));

    static KeyValuePair<string, object?> Of(string state) => new("shop.payment_provider.breaker.state", state);

    static KeyValuePair<string, object?> OfCustomers(string customers) => new("shop.payment_provider.customers", customers);
}

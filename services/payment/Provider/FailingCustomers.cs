using System.Collections.Concurrent;

namespace Shop.Payment.Provider;

/// <summary>
/// Customers whose calls have failed several times in a row, because of the provider or of their payment method. Their calls go through a
/// pipeline of their own (<see cref="ProviderRegistration"/>), so they do not affect other customers.
/// </summary>
sealed class FailingCustomers(TimeProvider clock)
{
    public const string Failing = "failing";
    public const string Other = "other";

    const int FailuresInARow = 3;
    const int CountMax = 10_000;

    // The time counts from a customer's last failure, so that nobody stays in the group because the breaker refuses their calls.
    static readonly TimeSpan _memory = TimeSpan.FromSeconds(10);
    static readonly HttpRequestOptionsKey<string> _key = new("customer");

    readonly ConcurrentDictionary<string, (int Failures, long LastAt)> _customers = new();

    /// <summary>Sets the customer of a call.</summary>
    public static void Mark(HttpRequestMessage request, string customerId) => request.Options.Set(_key, customerId);

    /// <returns><see cref="Failing"/> or <see cref="Other"/>.</returns>
    public string GroupOf(HttpRequestMessage request) =>
        CustomerOf(request) is { } customer && _customers.TryGetValue(customer, out var seen)
        && seen.Failures >= FailuresInARow && clock.GetElapsedTime(seen.LastAt) < _memory ? Failing : Other;

    void Succeeded(string customer) => _customers.TryRemove(customer, out _);

    void Failed(string customer)
    {
        if (_customers.Count > CountMax)
        {
            foreach (var forgotten in _customers.Where(other => clock.GetElapsedTime(other.Value.LastAt) > _memory))
            {
                _customers.TryRemove(forgotten);
            }
        }

        _customers.AddOrUpdate(
            customer, _ => (1, clock.GetTimestamp()), (_, seen) => (seen.Failures + 1, clock.GetTimestamp()));
    }

    static string? CustomerOf(HttpRequestMessage request) => request.Options.TryGetValue(_key, out var customer) ? customer : null;

    /// <summary>This handler is behind the pipeline, so it sees answers of the provider and not those of the breaker.</summary>
    public sealed class Watch(FailingCustomers customers) : DelegatingHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            if (CustomerOf(request) is not { } customer)
            {
                return await base.SendAsync(request, cancellationToken);
            }

            try
            {
                var response = await base.SendAsync(request, cancellationToken);
                if ((int)response.StatusCode < 500)
                {
                    customers.Succeeded(customer);
                }
                else
                {
                    customers.Failed(customer);
                }

                return response;
            }
            catch (Exception)
            {
                customers.Failed(customer);
                throw;
            }
        }
    }
}

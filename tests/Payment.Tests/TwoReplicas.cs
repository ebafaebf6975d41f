using Shop.Support;

namespace Shop.Payment.Tests;

/// <summary>
/// All tests with orders of their own share two replicas and the provider. A test that makes the provider misbehave resets it.
/// </summary>
[CollectionDefinition]
public sealed class OneProvider : ICollectionFixture<TwoReplicas>;

/// <summary>Two replicas before a payment provider; each test brings orders of its own.</summary>
public sealed class TwoReplicas(TestServers servers) : IAsyncLifetime
{
    internal PaymentScenario Payments { get; private set; } = null!;

    internal TestProgram Replica { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        // The slowest charge, that of tok_slow, settles after five seconds.
        Payments = await PaymentScenario.Open(
            servers,
            ("CardNetwork__AnswerTimeLimit", "00:00:02"),
            ("Payments__LeaseTime", "00:00:03"),
            ("Payments__SettlingTime", "00:00:07"),
            ("Reconciliation__Interval", "00:00:01"),
            ("Reconciliation__LedgerLag", "00:00:00"),
            ("Invariants__Grace", "00:00:00"));
        Replica = (await Task.WhenAll(Payments.StartReplica(), Payments.StartReplica()))[0];
    }

    public ValueTask DisposeAsync() => Payments.DisposeAsync();
}

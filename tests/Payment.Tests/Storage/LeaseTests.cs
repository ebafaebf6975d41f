using Microsoft.EntityFrameworkCore;
using Npgsql;
using Shop.Payment.Payments;
using Shop.Support;

namespace Shop.Payment.Tests.Storage;

/// <summary>The SQL that leases payments follows the rules of the entity.</summary>
public sealed class LeaseTests(TestServers servers)
{
    static readonly PaymentOptions _options = new();

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_lease_leaves_what_the_entity_says()
    {
        var database = await MigratedDatabase.Create(servers);
        var before = Every().ToArray();
        await using (var writing = database.Open())
        {
            writing.AddRange(before);
            await writing.SaveChangesAsync(Cancellation);
        }

        await using var source = NpgsqlDataSource.Create(database.Connection);
        var leased = await new PaymentLeases(
            source, Microsoft.Extensions.Options.Options.Create(_options)).Take(before.Length + 1, Cancellation);

        Assert.Equal(before.Length, leased.Count);
        await using var reading = database.Open();
        var after = await reading.Payments.AsNoTracking().ToDictionaryAsync(payment => payment.OrderId, Cancellation);
        Assert.All(leased, lease =>
        {
            var expected = before.Single(payment => payment.OrderId == lease.OrderId);
            Assert.Equal(expected.IsSettled(lease.LeasedAt, _options.SettlingTime), lease.IsSettled);
            expected.BeginAttempt(lease.LeasedAt, _options.LeaseTime);
            Assert.Equal(Written(expected), Written(after[lease.OrderId]));
            Assert.Equal((expected.Attempts, expected.Attempts == 1), (lease.Attempts, lease.IsFirst));
        });
    }

    // Each state, first and later attempts, with and without a charge that may be under way, sent a moment or long ago.
    static IEnumerable<PaymentIntent> Every() =>
        from state in Enum.GetValues<PaymentState>()
        from attempts in new[] { 0, 3 }
        from inDoubt in new[] { false, true }
        from ago in new TimeSpan?[] { null, _options.SettlingTime / 2, _options.SettlingTime * 2 }
        // A charge is in doubt because it was sent.
        where ago is not null || !inDoubt
        select Payment(state, attempts, inDoubt, ago is null ? null : DateTimeOffset.UtcNow - ago);

    static PaymentIntent Payment(PaymentState state, int attempts, bool inDoubt, DateTimeOffset? chargedAt)
    {
        var payment = PaymentIntent.Intend(PaymentScenario.Take("tok_visa"));
        Set(nameof(PaymentIntent.State), state);
        Set(nameof(PaymentIntent.Attempts), attempts);
        Set(nameof(PaymentIntent.InDoubt), inDoubt);
        // The database keeps microseconds.
        Set(nameof(PaymentIntent.ChargedAt), chargedAt is { } at ? at.AddTicks(-(at.Ticks % TimeSpan.TicksPerMicrosecond)) : null);
        return payment;

        // EF Core does the same when it reads a row.
        void Set(string property, object? value) => typeof(PaymentIntent).GetProperty(property)!.SetValue(payment, value);
    }

    static (PaymentState, int, bool, DateTimeOffset?, DateTimeOffset?, DateTimeOffset?) Written(PaymentIntent payment) =>
        (payment.State, payment.Attempts, payment.InDoubt, payment.ChargedAt, payment.OpenSince, payment.NextAttemptAt);
}

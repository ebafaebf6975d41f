using Microsoft.EntityFrameworkCore;
using Shop.Payment.Payments;
using Shop.Support;

namespace Shop.Payment.Tests.Storage;

/// <summary>Two replicas and one row.</summary>
public sealed class ConcurrencyTests(TestServers servers)
{
    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_payment_that_somebody_else_has_changed_meanwhile_is_not_written_over()
    {
        var database = await MigratedDatabase.Create(servers);
        var command = PaymentScenario.Take("tok_visa");
        await using (var first = database.Open())
        {
            first.Add(PaymentIntent.Intend(command));
            await first.SaveChangesAsync(Cancellation);
        }

        await using var reading = database.Open();
        var read = await reading.Payments.SingleAsync(payment => payment.OrderId == command.OrderId, Cancellation);
        // PaymentLeases does the same.
        await using var leasing = database.Open();
        await leasing.Database.ExecuteSqlAsync(
            $"update payment.payments set attempts = attempts + 1, next_attempt_at = now() + interval '1 hour'", Cancellation);

        read.GiveBack();

        await Assert.ThrowsAsync<DbUpdateConcurrencyException>(() => reading.SaveChangesAsync(Cancellation));
    }
}

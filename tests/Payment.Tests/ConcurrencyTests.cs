using Microsoft.EntityFrameworkCore;
using Shop.Payment.Data;
using Shop.Support;

namespace Shop.Payment.Tests;

/// <summary>Two replicas and one row.</summary>
public sealed class ConcurrencyTests(TestServers servers)
{
    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_payment_that_somebody_else_has_changed_meanwhile_is_not_written_over()
    {
        var database = await servers.CreateDatabase("payment");
        var login = await servers.CreateVirtualHost("payment");
        await TestProgram.Run("Shop.Payment", "migrate", new Dictionary<string, string>(servers.ServiceSettings(database, login)) { ["CardNetwork__Url"] = "http://127.0.0.1:1" });
        var command = PaymentScenario.Take("tok_visa");
        await using (var first = Open(database))
        {
            first.Add(Payments.Payment.Intend(command));
            await first.SaveChangesAsync(Cancellation);
        }

        await using var reading = Open(database);
        var read = await reading.Payments.SingleAsync(payment => payment.OrderId == command.OrderId, Cancellation);
        // As PaymentLeases does.
        await using var leasing = Open(database);
        await leasing.Database.ExecuteSqlAsync($"update payment.payments set attempts = attempts + 1, next_attempt_at = now() + interval '1 hour'", Cancellation);

        read.GiveBack();

        await Assert.ThrowsAsync<DbUpdateConcurrencyException>(() => reading.SaveChangesAsync(Cancellation));
    }

    static PaymentDbContext Open(string database) =>
        new(new DbContextOptionsBuilder<PaymentDbContext>().UseNpgsql(database).UseSnakeCaseNamingConvention().Options);
}

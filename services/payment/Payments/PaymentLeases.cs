using System.Diagnostics;
using Microsoft.Extensions.Options;
using Npgsql;
using Shop.Hosting;
using Shop.Payment.Provider;

namespace Shop.Payment.Payments;

/// <summary>An attempt that is this replica's until the lease ends.</summary>
/// <param name="IsFirst">True if the payment provider cannot have heard of the payment.</param>
/// <param name="IsSettled">True if no charge of an earlier attempt should be under way any more.</param>
/// <param name="TraceParent">The span that asked for it; null if there was none.</param>
/// <param name="LeasedAt">By the database's clock.</param>
/// <param name="Age">How long the payment had been worked on in its present state by then.</param>
/// <param name="AskedAt">
/// This process's stopwatch before the lease was requested, so the lease ends here no later than in the database.
/// </param>
sealed record LeasedPayment(
    Guid OrderId,
    string CustomerId,
    decimal Amount,
    string Token,
    PaymentState State,
    string? ChargeId,
    int Attempts,
    bool IsFirst,
    bool IsSettled,
    string? TraceParent,
    DateTimeOffset LeasedAt,
    TimeSpan Age,
    DateTimeOffset? ChargedAt,
    long AskedAt)
{
    /// <summary>The first attempt, leased by who has made the payment: see <see cref="PaymentIntent.BeginAttempt"/>.</summary>
    public static LeasedPayment First(PaymentIntent payment, DateTimeOffset now, long askedAt) => new(
        payment.OrderId,
        payment.CustomerId,
        payment.Amount,
        payment.Token,
        payment.State,
        payment.ChargeId,
        payment.Attempts,
        IsFirst: true,
        IsSettled: true,
        payment.TraceParent,
        now,
        TimeSpan.Zero,
        payment.ChargedAt,
        askedAt);

    public WantedCharge Wanted => PaymentIntent.WantedOf(OrderId, Amount, CustomerId);

    /// <summary>For how long the lease has been had.</summary>
    public TimeSpan Elapsed => Stopwatch.GetElapsedTime(AskedAt);

    /// <summary>The database's clock now.</summary>
    public DateTimeOffset Now => LeasedAt + Elapsed;
}

/// <summary>
/// Hands due payments to the replicas, each to one at a time. An attempt is committed before it begins, so after a crash the next replica
/// knows that it has to ask the provider.
/// </summary>
sealed class PaymentLeases(NpgsqlDataSource database, IOptions<PaymentOptions> options)
{
    // All times are the database's, so a replica with a wrong clock takes no payment over too early. The rules are those of
    // PaymentIntent.BeginAttempt and IsSettled.
    const string TakeDue =
        """
        update payment.payments as payment set
            attempts = payment.attempts + 1,
            in_doubt = payment.in_doubt or payment.state = 'Pending',
            charged_at = case when payment.state = 'Pending' then now() else payment.charged_at end,
            open_since = coalesce(payment.open_since, now()),
            next_attempt_at = now() + @lease
        from (
            select order_id, in_doubt, charged_at from payment.payments
            where next_attempt_at <= now()
            order by next_attempt_at limit @limit
            for update skip locked) as due
        where payment.order_id = due.order_id
        returning payment.order_id, payment.amount, payment.token, payment.state, payment.charge_id, payment.attempts,
            payment.attempts = 1, not due.in_doubt or due.charged_at < now() - @settling, payment.trace_parent,
            now(), now() - payment.open_since, payment.charged_at, payment.customer_id
        """;

    public async Task<IReadOnlyList<LeasedPayment>> Take(int limit, CancellationToken cancellation)
    {
        var askedAt = Stopwatch.GetTimestamp();
        return await Commit.InTransaction(database, connection => Take(connection, limit, askedAt, cancellation), cancellation);
    }

    async Task<IReadOnlyList<LeasedPayment>> Take(NpgsqlConnection connection, int limit, long askedAt, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(TakeDue, connection);
        command.Parameters.Add(new("lease", options.Value.LeaseTime));
        command.Parameters.Add(new("settling", options.Value.SettlingTime));
        command.Parameters.Add(new("limit", limit));
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var leased = new List<LeasedPayment>();
        while (await reader.ReadAsync(cancellation))
        {
            leased.Add(new(
                reader.GetGuid(0),
                reader.GetString(12),
                reader.GetDecimal(1),
                reader.GetString(2),
                Enum.Parse<PaymentState>(reader.GetString(3)),
                reader.IsDBNull(4) ? null : reader.GetString(4),
                reader.GetInt32(5),
                reader.GetBoolean(6),
                reader.GetBoolean(7),
                reader.IsDBNull(8) ? null : reader.GetString(8),
                reader.GetFieldValue<DateTimeOffset>(9),
                reader.GetTimeSpan(10),
                reader.IsDBNull(11) ? null : reader.GetFieldValue<DateTimeOffset>(11),
                askedAt));
        }

        return leased;
    }
}

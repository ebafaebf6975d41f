using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Shop.Messaging;
using Shop.Payment.Provider;
using Shop.Payment.Data;
using Shop.Payment.Payments;

namespace Shop.Payment.Reconciliation;

/// <summary>
/// Holds the payments against the payment provider's ledger, which has the last word: what landed after it was given up, what somebody else
/// gave back, what nobody here knows. What has one right answer is put right; the rest are differences, shown to staff until they are none.
/// </summary>
sealed partial class Reconciler(
    SweepLease sweep,
    IServiceScopeFactory scopes,
    GroupCommit<PaymentDbContext> commit,
    PaymentWorker worker,
    IOptions<ReconciliationOptions> options,
    IOptions<PaymentOptions> payments,
    TimeProvider clock,
    ILogger<Reconciler> logger) : BackgroundService
{
    const int ChecksMax = 200;
    const int ChecksAtOnce = 8;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                if (await sweep.Take(stoppingToken) is { } position)
                {
                    await Sweep(position, stoppingToken);
                }
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception error)
            {
                LogFailed(error.Message);
            }

            await Task.Delay(options.Value.Interval, clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    async Task Sweep(SweepPosition position, CancellationToken cancellation)
    {
        using var scope = scopes.CreateScope();
        var provider = scope.ServiceProvider.GetRequiredService<ProviderClient>();
        await Check(provider, await sweep.LooksDue(ChecksMax, cancellation), cancellation);
        await Check(provider, await sweep.Differences(ChecksMax, cancellation), cancellation);
        while (true)
        {
            if (await provider.List(
                position.ReadUntil, position.ReadUntilId, options.Value.PageSize, cancellation) is not var (charges, now))
            {
                await sweep.End(position, isComplete: false, cancellation);
                return;
            }

            var settled = charges.TakeWhile(charge => charge.ChangedAt <= now - options.Value.LedgerLag).ToArray();
            if (settled is [.., var last])
            {
                var suspicious = await Suspicious(settled, cancellation);
                if (suspicious is not [])
                {
                    // They are stored first, because the question about them may get no answer, and the sweep comes by each change once.
                    await commit.Run(unit => Remember(unit, suspicious));
                    await Check(provider, [.. suspicious.Select(one => one.Charge.Reference).Distinct()], cancellation);
                }

                position = position with { ReadUntil = last.ChangedAt, ReadUntilId = last.Id };
                if (await sweep.Advance(position, cancellation) is null)
                {
                    return;
                }
            }

            if (settled.Length < options.Value.PageSize)
            {
                await sweep.End(position, isComplete: true, cancellation);
                return;
            }
        }
    }

    // At a glance, without a lock. Nearly all charges are what their payments say.
    async Task<IReadOnlyList<Found>> Suspicious(IReadOnlyList<ReplyBody.Charge> charges, CancellationToken cancellation)
    {
        using var scope = scopes.CreateScope();
        var db = scope.ServiceProvider.GetRequiredService<PaymentDbContext>();
        var orders = charges.Select(charge => OrderOf(charge.Reference)).ToArray();
        var known = await db.Payments.AsNoTracking()
            .Where(payment => orders.Contains(payment.OrderId))
            .ToDictionaryAsync(payment => payment.OrderId, cancellation);
        return Differing(charges, charge => known.GetValueOrDefault(OrderOf(charge.Reference)));
    }

    Task Check(ProviderClient provider, IReadOnlyList<string> references, CancellationToken cancellation) => Parallel.ForEachAsync(
        references,
        new ParallelOptions { MaxDegreeOfParallelism = ChecksAtOnce, CancellationToken = cancellation },
        async (reference, cancel) =>
        {
            // Asked anew: since the list was read, the payment may have gone on.
            if (await provider.FindByReference(reference, cancel) is { } charges)
            {
                await commit.Run(rows => rows.Lock<PaymentIntent>(OrderOf(reference)), unit => Settle(unit, reference, charges));
            }
        });

    async Task<int> Settle(UnitOfWork<PaymentDbContext> unit, string reference, IReadOnlyList<ReplyBody.Charge> charges)
    {
        var payment = unit.Rows.Find<PaymentIntent>(OrderOf(reference));
        if (payment is not null)
        {
            await Learn(unit, payment, charges);
        }

        var differences = Differing(charges, _ => payment);
        string[] seen = [.. charges.Select(charge => charge.Id)];
        string[] differing = [.. differences.Select(one => one.Charge.Id)];
        // A charge that is missing in the answer stays a difference, because the ledger had it before.
        await unit.Db.Database.ExecuteSqlAsync(
            $"delete from payment.differences where charge_id = any ({seen}) and charge_id <> all ({differing})");
        await Remember(unit, differences);
        foreach (var (charge, expected, found) in differences)
        {
            unit.AfterCommit(() => LogDifference(reference, charge.Id, expected, found));
        }

        return differences.Count;
    }

    static IReadOnlyList<Found> Differing(
        IReadOnlyList<ReplyBody.Charge> charges, Func<ReplyBody.Charge, PaymentIntent?> paymentOf) =>
    [
        .. from charge in charges
           let difference = Comparison.Of(charge, paymentOf(charge))
           where difference is not null
           select new Found(charge, difference.Value.Expected, difference.Value.Found),
    ];

    static async Task<int> Remember(UnitOfWork<PaymentDbContext> unit, IReadOnlyList<Found> differences)
    {
        foreach (var (charge, expected, found) in differences)
        {
            await unit.Db.Database.ExecuteSqlAsync(
                $"""
                insert into payment.differences (charge_id, reference, expected, found)
                values ({charge.Id}, {charge.Reference}, {expected}, {found})
                on conflict (charge_id) do update set expected = excluded.expected, found = excluded.found, checked_at = now()
                """);
        }

        return differences.Count;
    }

    async Task Learn(UnitOfWork<PaymentDbContext> unit, PaymentIntent payment, IReadOnlyList<ReplyBody.Charge> charges)
    {
        var before = payment.State;
        if (payment.LookAgainAt is not null)
        {
            var now = await unit.Db.Database.SqlQuery<DateTimeOffset>($"""select now() as "Value" """).SingleAsync();
            payment.LookAgain(payments.Value.NextLook(payment.ChargedAt, now));
        }

        foreach (var charge in charges.Where(charge => Comparison.IsNews(charge, payment)))
        {
            if (payment.Learn(Meanings.OfStatus(charge), settled: true, payment.Attempts) is { } outcome)
            {
                await unit.Publish(outcome.Message);
            }
        }

        if (payment.State is var state && state != before)
        {
            unit.AfterCommit(worker.Wake);
            unit.AfterCommit(() => LogMended(payment.OrderId, state, before));
        }
    }

    /// <summary>A charge that is not what its payment says.</summary>
    sealed record Found(ReplyBody.Charge Charge, string Expected, string What);

    static Guid OrderOf(string reference) => Guid.TryParse(reference, out var order) ? order : Guid.Empty;

    [LoggerMessage(
        LogLevel.Warning, "Payment of order {OrderId} became {State}: it was {Before}, and the payment provider's ledger says otherwise")]
    partial void LogMended(Guid orderId, PaymentState state, PaymentState before);

    [LoggerMessage(
        LogLevel.Warning,
        "The payment provider's ledger and the payments differ about {Reference}, charge {ChargeId}: expected {Expected}, found {Found}")]
    partial void LogDifference(string reference, string chargeId, string expected, string found);

    [LoggerMessage(LogLevel.Warning, "Reading the payment provider's ledger failed and will be tried again: {Reason}")]
    partial void LogFailed(string reason);
}

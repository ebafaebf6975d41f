using System.Collections.Concurrent;
using Npgsql;
using Shop.Chaos.Auditing;
using Shop.Launcher.Servers;

namespace Shop.Chaos.Drills.Faults;

/// <summary>
/// Somebody holds rows locked that a service needs: a person in psql, a report, a migration. The other services may not notice it.
/// </summary>
sealed record HoldLock(string Service) : ProcessFault($"rows of {Service} locked by somebody else")
{
    static readonly TimeSpan _pollInterval = TimeSpan.FromMilliseconds(20);
    static readonly TimeSpan _limit = TimeSpan.FromSeconds(10);

    // One product, or rows that are being worked on. The probes order another product.
    string Rows => Service switch
    {
        "inventory" => "select 1 from inventory.products where sku = 'CAP-01' for update",
        "ordering" =>
            "select 1 from ordering.orders where status not in ('Confirmed', 'Cancelled') "
            + "order by placed_at desc limit 3 for update skip locked",
        _ => "select 1 from payment.payments where next_attempt_at is not null order by order_id limit 3 for update skip locked",
    };

    // An order whose payment waits for the lock may run out of time.
    public override IReadOnlyList<string> MayCause => Service is "inventory" ? [] : [Endings.PaymentTimeout];

    public override async Task<EndFault> Begin(ProcessSystem system, CancellationToken cancellation)
    {
        var databases = Databases.Of(system.Checkout);
        var holder = await databases.OpenAsSuperuser(Service, cancellation);
        try
        {
            var transaction = await Lock(holder, cancellation);
            var stop = new CancellationTokenSource();
            var waited = new ConcurrentDictionary<(int, DateTime), bool>();
            var watching = Watch(databases, holder.ProcessID, waited, stop.Token);
            return async _ =>
            {
                // The time it lasts is short beside the time between two orders of one product.
                using var timeLimit = new CancellationTokenSource(_limit);
                while (waited.IsEmpty && !timeLimit.IsCancellationRequested)
                {
                    await Task.Delay(_pollInterval, CancellationToken.None);
                }

                await stop.CancelAsync();
                await watching;
                await transaction.RollbackAsync(CancellationToken.None);
                await holder.DisposeAsync();
                stop.Dispose();
                return waited.IsEmpty ? throw new FaultMissed("nobody needed these rows") : $"{waited.Count} statements waited for them";
            };
        }
        catch
        {
            await holder.DisposeAsync();
            throw;
        }
    }

    async Task<NpgsqlTransaction> Lock(NpgsqlConnection holder, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(_limit);
        try
        {
            while (true)
            {
                var transaction = await holder.BeginTransactionAsync(limit.Token);
                await using (var command = new NpgsqlCommand(Rows, holder, transaction))
                {
                    if (await command.ExecuteScalarAsync(limit.Token) is not null)
                    {
                        return transaction;
                    }
                }

                await transaction.RollbackAsync(limit.Token);
                await Task.Delay(_pollInterval, limit.Token);
            }
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new FaultMissed("there were no such rows");
        }
    }

    // Waiting statements give up soon and come again, so each poll counts those whose wait has just begun.
    async Task Watch(Databases databases, int holder, ConcurrentDictionary<(int, DateTime), bool> waited, CancellationToken stop)
    {
        await using var connection = await databases.OpenAsSuperuser(Service, CancellationToken.None);
        while (!stop.IsCancellationRequested)
        {
            await using var command = new NpgsqlCommand(
                "select pid, query_start from pg_stat_activity where $1 = any (pg_blocking_pids(pid)) and query_start is not null",
                connection)
            {
                Parameters = { new() { Value = holder } },
            };
            await using (var reader = await command.ExecuteReaderAsync(CancellationToken.None))
            {
                while (await reader.ReadAsync(CancellationToken.None))
                {
                    waited[(reader.GetInt32(0), reader.GetDateTime(1))] = true;
                }
            }

            await Task.Delay(_pollInterval, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}

using Microsoft.Extensions.Options;
using Npgsql;
using Shop.Messaging;
using Shop.Ordering.Sagas;

namespace Shop.Ordering.Orders;

/// <summary>
/// Admission control: an order that cannot be finished before its deadlines is refused at once with 503, instead of accepted and cancelled
/// later. While another service is away and no order ends, orders are accepted until as many wait as can be finished in time.
/// </summary>
/// <remarks>The orders that wait are counted every second, for all replicas; those accepted here since then are added.</remarks>
sealed partial class Admission(
    NpgsqlDataSource database, IOptions<AdmissionOptions> admission, IOptions<OrderSagaOptions> saga, ILogger<Admission> logger)
        : BackgroundService
{
    const string CountWaiting =
        """
        with waiting as (
            select status, customer_id, count(*) as orders from ordering.orders
            where status in ('Placed', 'StockReserved') group by status, customer_id)
        select status, null, sum(orders)::bigint from waiting group by status
        union all
        select status, customer_id, orders from waiting where orders > case status when 'Placed' then @placed else @reserved end
        """;

    static readonly TimeSpan _interval = TimeSpan.FromSeconds(1);

    readonly int _placedMax = admission.Value.WaitingMax(saga.Value.StockTimeLimit);
    readonly int _reservedMax = admission.Value.WaitingMax(saga.Value.PaymentTimeLimit);

    volatile Waiting _waiting = new();

    /// <summary>Counts a new order in.</summary>
    /// <exception cref="OverloadedException">The order cannot be finished in time.</exception>
    public void Enter(string customerId)
    {
        var waiting = _waiting;
        if (waiting.Customers.Contains(customerId))
        {
            throw new OverloadedException("Too many orders of yours are under way. Wait until some have ended.");
        }

        if (waiting.IsFull || waiting.Placed + Interlocked.Increment(ref waiting.Entered) > _placedMax)
        {
            throw new OverloadedException("Too many orders are under way to finish another one in time.");
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(_interval);
        do
        {
            try
            {
                var (before, entered) = (_waiting, Volatile.Read(ref _waiting.Entered));
                var counted = await Count(stoppingToken);
                // Orders that came during the count may be in it or not, so they are added.
                counted.Entered = Volatile.Read(ref before.Entered) - entered;
                _waiting = counted;
            }
            catch (Exception error) when (!stoppingToken.IsCancellationRequested)
            {
                // The count fails if the database is away. No order can be stored meanwhile either.
                LogFailed(error.Message);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    async Task<Waiting> Count(CancellationToken cancellation)
    {
        await using var command = database.CreateCommand(CountWaiting);
        command.Parameters.Add(new("placed", (long)(_placedMax * admission.Value.CustomerShare)));
        command.Parameters.Add(new("reserved", (long)(_reservedMax * admission.Value.CustomerShare)));
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var (placed, reserved, customers) = (0L, 0L, new HashSet<string>());
        while (await reader.ReadAsync(cancellation))
        {
            if (!reader.IsDBNull(1))
            {
                customers.Add(reader.GetString(1));
            }
            else if (reader.GetString(0) == OrderStatus.Placed)
            {
                placed = reader.GetInt64(2);
            }
            else
            {
                reserved = reader.GetInt64(2);
            }
        }

        return new() { Placed = placed, Customers = customers, IsFull = reserved >= _reservedMax };
    }

    sealed class Waiting
    {
        public long Entered;

        public long Placed { get; init; }

        public bool IsFull { get; init; }

        public HashSet<string> Customers { get; init; } = [];
    }

    [LoggerMessage(LogLevel.Warning, "The orders under way could not be counted: {Reason}")]
    partial void LogFailed(string reason);
}

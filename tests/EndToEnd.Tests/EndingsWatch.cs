using System.Collections.Concurrent;
using Npgsql;
using Shop.Chaos.Auditing;
using Shop.Chaos.Drills.Faults;
using Shop.Launcher;
using Shop.Launcher.Servers;

namespace Shop.EndToEnd.Tests;

/// <summary>No order ends because something took too long, unless its payment token or a process that was killed explains it.</summary>
sealed class EndingsWatch(Checkout checkout)
{
    // The time to start a killed process, to reconnect, and for the deadline of an order that it delayed.
    static readonly TimeSpan _strain = TimeSpan.FromSeconds(60);

    readonly ConcurrentQueue<(DateTimeOffset At, string Process)> _deaths = new();
    DateTimeOffset _since = DateTimeOffset.UtcNow;

    public void Died(string process) => _deaths.Enqueue((DateTimeOffset.UtcNow, process));

    /// <summary>Checks the orders since the last call.</summary>
    public async Task MustHaveReasons()
    {
        var until = DateTimeOffset.UtcNow;
        var orders = await TimedOut(_since);
        _since = until;
        var unexplained = orders.Where(order => !HasReason(order))
            .Select(order => $"{order.Id} ({order.Payment}) ended {order.Reason} at {order.EndedAt:T}, placed at {order.PlacedAt:T}")
            .ToArray();
        Assert.True(unexplained is [], string.Join('\n', unexplained));
    }

    bool HasReason(Order order) =>
        Endings.HasItsReason(order.Reason, order.Payment, isScarce: false, isCancelled: false)
        || _deaths.Any(death => Consequences.OfDeath(death.Process).Contains(order.Reason)
            && order.PlacedAt <= death.At + _strain && order.EndedAt >= death.At);

    async Task<IReadOnlyList<Order>> TimedOut(DateTimeOffset since)
    {
        await using var connection = await Databases.Of(checkout).OpenToRead("ordering", TestContext.Current.CancellationToken);
        await using var command = new NpgsqlCommand(
            """
            select id, reason, payment_token, placed_at, (timeline->-1->>'at')::timestamptz from ordering.orders
            where status = 'Cancelled' and reason in ('stock_timeout', 'payment_timeout') and (timeline->-1->>'at')::timestamptz >= $1
            """,
            connection) { Parameters = { new() { Value = since } } };
        await using var reader = await command.ExecuteReaderAsync(TestContext.Current.CancellationToken);
        var orders = new List<Order>();
        while (await reader.ReadAsync(TestContext.Current.CancellationToken))
        {
            orders.Add(new(
                reader.GetGuid(0),
                reader.GetString(1),
                reader.GetString(2),
                reader.GetFieldValue<DateTimeOffset>(3),
                reader.GetFieldValue<DateTimeOffset>(4)));
        }

        return orders;
    }

    sealed record Order(Guid Id, string Reason, string Payment, DateTimeOffset PlacedAt, DateTimeOffset EndedAt);
}

using System.Diagnostics;
using Npgsql;
using Shop.Launcher;
using Shop.Launcher.Servers;

namespace Shop.Chaos.Auditing;

/// <summary>Whether anything is still going on.</summary>
sealed class WorkInFlight(Checkout checkout)
{
    static readonly TimeSpan _pollInterval = TimeSpan.FromMilliseconds(300);

    static readonly (string Service, string Rows)[] _underWay =
    [
        ("ordering", "ordering.orders where status not in ('Confirmed', 'Cancelled')"),
        ("payment", "payment.payments where next_attempt_at is not null"),
        // The next sweep over the ledger may settle a difference that is new.
        ("payment", "payment.differences where first_seen_at > now() - interval '10 seconds'"),
        ("ordering", "ordering.outbox where due_at <= now() or refused_since is not null"),
        ("inventory", "inventory.outbox where due_at <= now() or refused_since is not null"),
        ("payment", "payment.outbox where due_at <= now() or refused_since is not null"),
    ];

    /// <summary>Waits until no order, payment or message is under way.</summary>
    /// <param name="onWait">Gets the amount of work in flight.</param>
    /// <returns>False if something still was after the time limit.</returns>
    public async Task<bool> Wait(TimeSpan timeLimit, Action<long> onWait, CancellationToken cancellation)
    {
        var waited = Stopwatch.StartNew();
        var quietInARow = 0;
        while (true)
        {
            // The check must succeed twice in a row, because a message on its way from an outbox to a queue is in neither for a moment.
            var unfinished = await Unfinished(cancellation);
            quietInARow = unfinished == 0 ? quietInARow + 1 : 0;
            if (quietInARow == 2)
            {
                return true;
            }

            if (waited.Elapsed > timeLimit)
            {
                return false;
            }

            if (unfinished > 0)
            {
                onWait(unfinished);
            }

            await Task.Delay(_pollInterval, cancellation);
        }
    }

    /// <summary>What still lies in the broker's queues.</summary>
    public async Task<IReadOnlyList<Violation>> Queues(CancellationToken cancellation) =>
    [
        .. (await AllQueues(cancellation)).Where(queue => queue.Messages > 0)
            .Select(queue => new Violation($"queue {queue.Name}", "empty", $"{queue.Messages} messages")),
    ];

    async Task<long> Unfinished(CancellationToken cancellation)
    {
        var unfinished = (await AllQueues(cancellation)).Sum(queue => queue.Messages);
        foreach (var (service, rows) in _underWay)
        {
            await using var connection = await Databases.Of(checkout).OpenToRead(service, cancellation);
            await using var command = new NpgsqlCommand($"select count(*) from {rows}", connection);
            unfinished += (long)(await command.ExecuteScalarAsync(cancellation))!;
        }

        return unfinished;
    }

    async Task<IEnumerable<(string Name, long Messages)>> AllQueues(CancellationToken cancellation)
    {
        var monitor = BrokerAccess.User(BrokerAccess.Monitor, checkout.State.Secrets);
        var management = new BrokerManagement(checkout.Addresses.RabbitMq, monitor, BrokerAccess.VirtualHost);
        // Messages that a subscriber has not read yet do not count.
        return (await management.Queues(cancellation))
            .Where(queue => !queue.Name.StartsWith(BrokerAccess.Subscriber + '-', StringComparison.Ordinal))
            .Select(queue => (queue.Name, queue.Ready + queue.Unacked));
    }
}

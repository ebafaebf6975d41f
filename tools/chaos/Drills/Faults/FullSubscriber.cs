using System.Globalization;
using Shop.Launcher.Running;
using Shop.Launcher.Servers;

namespace Shop.Chaos.Drills.Faults;

/// <summary>
/// A subscriber that does not read, with a queue that is full and refuses what does not fit, at every exchange it may listen to.
/// </summary>
sealed record FullSubscriber() : ProcessFault("a subscriber's queue is full and refuses")
{
    const string Queue = BrokerAccess.Subscriber + "-drill";
    const string Refused = "shop_messaging_refused_by_others_total";

    static readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(10) };

    static readonly string[] _events =
    [
        "Inventory:StockReserved", "Inventory:StockRejected", "Inventory:StockReleased", "Inventory:SaleRejected",
        "Inventory:ProductChanged",
        "Payment:PaymentTaken", "Payment:PaymentDeclined", "Payment:PaymentRefunded",
        "Ordering:OrderPlaced", "Ordering:OrderConfirmed", "Ordering:OrderCancelled",
    ];

    public override async Task<EndFault> Begin(ProcessSystem system, CancellationToken cancellation)
    {
        var before = await CountRefused(system, cancellation);
        await using (var connection = await BrokerLogin.Open(system.Checkout, BrokerAccess.Subscriber, cancellation))
        await using (var channel = await connection.OpenChannel(cancellation))
        {
            await channel.QueueDeclareAsync(
                Queue,
                durable: true,
                exclusive: false,
                autoDelete: false,
                new Dictionary<string, object?> { ["x-max-length"] = 1, ["x-overflow"] = "reject-publish" },
                cancellationToken: cancellation);
            foreach (var message in _events)
            {
                await channel.QueueBindAsync(Queue, "Shop.Contracts." + message, "", cancellationToken: cancellation);
            }
        }

        return async cancel =>
        {
            await using var connection = await BrokerLogin.Open(system.Checkout, BrokerAccess.Subscriber, cancel);
            await using var channel = await connection.OpenChannel(cancel);
            await channel.QueueDeleteAsync(Queue, false, false, cancellationToken: cancel);
            var refused = await CountRefused(system, cancel) - before;
            return refused == 0 ? throw new FaultMissed("its queue refused nothing") : $"its queue refused {refused} messages";
        };
    }

    static async Task<long> CountRefused(ProcessSystem system, CancellationToken cancellation)
    {
        var refused = 0L;
        foreach (var service in Replicas.Services)
        {
            var port = system.Find(Replicas.NameOf(service, 1)).Port;
            var metrics = await _http.GetStringAsync($"http://127.0.0.1:{port}/metrics", cancellation);
            refused += metrics.Split('\n').Where(line => line.StartsWith(Refused, StringComparison.Ordinal))
                .Sum(line => (long)double.Parse(line.Split(' ')[1], CultureInfo.InvariantCulture));
        }

        return refused;
    }
}

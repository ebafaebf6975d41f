using System.Globalization;
using Shop.Launcher;
using Shop.Launcher.Servers;

namespace Shop.Bench.Peers;

/// <summary>The broker of a peer.</summary>
static class Broker
{
    // The broker's own counters, as its tool prints them. Those of the management interface are seconds old.
    const string Received =
        "lists:sum([maps:get(messages_received_total, Counters, 0) || Counters <- maps:values(rabbit_global_counters:overview())]).";

    public static RabbitMqServer Of(Checkout checkout, params BrokerUser[] more) => new(
        checkout.State, checkout.Ports.RabbitMq, BrokerAccess.VirtualHost, [.. BrokerAccess.Users(checkout.State.Secrets), .. more]);

    /// <summary>Every message that any client has published since the start.</summary>
    public static async Task<long> MessagesReceived(Checkout checkout, CancellationToken cancellation) =>
        long.Parse((await Of(checkout).Control(["eval", Received], cancellation)).Trim().Split('\n')[^1], CultureInfo.InvariantCulture);
}

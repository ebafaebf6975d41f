using Shop.Launcher;
using Shop.Launcher.Servers;

namespace Shop.Chaos.Drills.Stages;

/// <summary>
/// Three RabbitMQ nodes. A quorum queue has a copy on each; one leads, chosen by the others (Raft), and what two of them
/// have written is never lost.
/// </summary>
public sealed class BrokerCluster(Checkout checkout, DrillEnvironment environment)
{
    const int Size = 3;

    /// <summary>The first is the one that every system has.</summary>
    public IReadOnlyList<RabbitMqServer> Nodes { get; } = MakeNodes(checkout);

    /// <summary>Starts the nodes that do not run, and returns when they have met.</summary>
    public async Task Start(CancellationToken cancellation)
    {
        await Nodes[0].Start(cancellation);
        await Task.WhenAll(Nodes.Skip(1).Select(node => node.Start(cancellation)));
        environment.Route(RabbitMqServer.Name, [.. Nodes.Select(node => node.Ports.Amqp)]);
    }

    /// <summary>The queues as the nodes that run see them.</summary>
    public Task<IReadOnlyList<BrokerQueue>> Queues(CancellationToken cancellation) =>
        Nodes.First(node => node.IsAlive).Management.Queues(cancellation);

    public void Delete()
    {
        foreach (var node in Nodes)
        {
            node.Delete();
        }
    }

    static RabbitMqServer[] MakeNodes(Checkout checkout)
    {
        var users = BrokerAccess.Users(checkout.State.Secrets);
        var first = new RabbitMqServer(checkout.State, checkout.Ports.RabbitMq, BrokerAccess.VirtualHost, users);
        return
        [
            first,
            .. Enumerable.Range(2, Size - 1).Select(
                number => new RabbitMqServer(checkout.State, checkout.Ports.RabbitMq.OfNode(number), BrokerAccess.VirtualHost, users)
                {
                    Process = $"{RabbitMqServer.Name}-{number}", Joins = first,
                }),
        ];
    }
}

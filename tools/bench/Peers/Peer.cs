using Shop.Chaos.Load;
using Shop.Launcher;
using Shop.Launcher.Running;

namespace Shop.Bench.Peers;

/// <summary>One of the systems that are compared.</summary>
/// <param name="Title">What it is, for a list.</param>
public abstract record Peer(string Name, string Title)
{
    /// <summary>In the order of the first round, and of the table.</summary>
    public static IReadOnlyList<Peer> All { get; } =
    [
        new MonolithPeer(),
        new ShopPeer("shop", "Shop with everything on"),
        new ShopPeer("no-telemetry", "Shop without traces and without their viewer") { SendsTraces = false },
        new ShopPeer("batches-of-1", "Shop with one message or write in a transaction") { BatchSizeMax = 1 },
        new LimitPeer(),
    ];

    /// <exception cref="UserError">There is none of that name.</exception>
    public static Peer Find(string name) => All.FirstOrDefault(peer => peer.Name == name)
        ?? throw new UserError($"There is no system \"{name}\" to measure; there are {string.Join(", ", All.Select(peer => peer.Name))}.");

    /// <summary>Reads <c>monolith,shop</c>.</summary>
    /// <returns>The names.</returns>
    /// <exception cref="UserError">There is none, or none of a name.</exception>
    public static IReadOnlyList<string> Parse(string names)
    {
        string[] found =
        [
            .. names.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Distinct()
                .Select(name => Find(name).Name),
        ];
        return found is not [] ? found : throw new UserError("--only names no system.");
    }

    /// <summary>Starts it on servers with empty databases, and returns when it takes orders for the products of a load.</summary>
    public abstract Task<RunningPeer> Start(Checkout checkout, Steps steps, CancellationToken cancellation);
}

/// <summary>A system that runs. Its processes are ended by who started it; disposing of it ends what is in this one.</summary>
public abstract class RunningPeer : IAsyncDisposable
{
    public abstract LoadSubject Subject { get; }

    /// <summary>What the broker has received so far.</summary>
    public abstract Task<long> Messages(CancellationToken cancellation);

    /// <summary>What contradicts its promises, as sentences, once every order has ended.</summary>
    public abstract Task<IReadOnlyList<string>> Check(CancellationToken cancellation);

    public virtual ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }
}

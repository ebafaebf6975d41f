namespace Shop.Bench;

/// <summary>What is measured, and how long.</summary>
/// <param name="Peers">The names of the systems; those of <see cref="Peers.Peer.All"/>.</param>
/// <param name="Levels">In the order in which a system meets them.</param>
/// <param name="Rounds">How often each system is started anew and measured.</param>
/// <param name="Seconds">For each level.</param>
/// <param name="WarmUpSeconds">Saturated, right after the start. Counted apart.</param>
public sealed record BenchOptions(
    IReadOnlyList<string> Peers, IReadOnlyList<LoadLevel> Levels, int Rounds, int Seconds, int WarmUpSeconds)
{
    /// <summary>Clients of the saturated level, each with one request at a time.</summary>
    public const int Connections = 32;
}

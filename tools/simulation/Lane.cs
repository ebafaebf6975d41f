namespace Shop.Simulation;

/// <summary>What a lane of group commit costs.</summary>
/// <param name="Commit">Seconds a transaction waits for the disk and the network, whatever is in it. No processor is busy.</param>
/// <param name="Message">Seconds of processor time for each message in it.</param>
/// <param name="BatchMax">Most messages in one transaction.</param>
/// <param name="Varies">True if some messages cost more than others (exponentially distributed); false if all cost the same.</param>
public readonly record struct LaneCost(double Commit, double Message, int BatchMax, bool Varies)
{
    /// <summary>Seconds for each message when there are always enough of them.</summary>
    public double AtLeast => Message + (Commit / BatchMax);
}

/// <summary>One server with group commit: all messages that wait when a transaction ends share the next one.</summary>
public sealed class Lane(LaneCost cost)
{
    readonly Queue<int> _waiting = new();
    readonly List<int> _batch = [];

    public bool IsBusy => _batch.Count > 0;

    /// <summary>The orders in the transaction under way.</summary>
    public IReadOnlyList<int> Batch => _batch;

    /// <summary>Seconds of processor time so far.</summary>
    public double Work { get; private set; }

    public void Add(int order) => _waiting.Enqueue(order);

    /// <summary>Takes what waits into a transaction.</summary>
    /// <returns>Seconds until it is committed.</returns>
    public double Begin(RandomNumbers random)
    {
        var work = 0.0;
        while (_batch.Count < cost.BatchMax && _waiting.TryDequeue(out var order))
        {
            _batch.Add(order);
            work += cost.Varies ? random.Exponential(cost.Message) : cost.Message;
        }

        Work += work;
        return cost.Commit + work;
    }

    /// <returns>True if more is waiting.</returns>
    public bool End()
    {
        _batch.Clear();
        return _waiting.Count > 0;
    }
}

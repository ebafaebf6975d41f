using System.Collections.Concurrent;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Shop.Messaging;

/// <summary>What can be seen of a lane from outside.</summary>
interface IWatchedLane
{
    string Name { get; }

    /// <summary>How long it has worked on the same batch. Zero if it has nothing to do.</summary>
    TimeSpan Stalled { get; }
}

/// <summary>Knows the lanes of this process, and reports that the process is not ready when one of them makes no progress.</summary>
sealed class LaneWatch(MessagingMetrics metrics) : IHealthCheck
{
    /// <summary>Longer than a statement may take, and than a frozen neighbour can hold its locks.</summary>
    public static readonly TimeSpan StalledAfter = TimeSpan.FromSeconds(20);

    readonly ConcurrentBag<IWatchedLane> _lanes = [];

    public void Add(IWatchedLane lane)
    {
        _lanes.Add(lane);
        metrics.ObserveStall(lane.Name, () => lane.Stalled);
    }

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var stalled = _lanes.Where(lane => lane.Stalled > StalledAfter).Select(lane => lane.Name).Order().ToArray();
        return Task.FromResult(stalled is []
            ? HealthCheckResult.Healthy()
            : HealthCheckResult.Unhealthy($"No progress: {string.Join(", ", stalled)}."));
    }
}

using System.ComponentModel.DataAnnotations;

namespace Shop.Gateway;

/// <summary>How long the gateway waits for a service.</summary>
public sealed class ForwardingOptions
{
    public const string Section = "Forwarding";

    /// <summary>For the next byte. Longer than a service takes to give up by itself. Does not hold for event streams.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:05:00")]
    public TimeSpan SilenceTimeLimit { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>For the whole request, with a second attempt. Does not hold for event streams.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:10:00")]
    public TimeSpan RequestTimeLimit { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How often DNS is asked for the replicas behind the name of a service. Without it, a name counts as one replica, even if a load
    /// balancer stands behind it.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:05:00")]
    public TimeSpan? ReplicaLookupInterval { get; init; }
}

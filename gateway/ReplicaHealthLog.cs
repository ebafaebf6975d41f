using Yarp.ReverseProxy.Health;
using Yarp.ReverseProxy.Model;

namespace Shop.Gateway;

/// <summary>
/// Logs when a replica is lost and when it is back. YARP itself warns about every replica that is not up yet when the gateway starts, which
/// is normal if they all start together.
/// </summary>
sealed partial class ReplicaHealthLog(IDestinationHealthUpdater updater, ILogger<ReplicaHealthLog> logger) : IDestinationHealthUpdater
{
    public static void Register(IServiceCollection services)
    {
        var theirs = services.Last(service => service.ServiceType == typeof(IDestinationHealthUpdater)).ImplementationType!;
        services.AddSingleton<IDestinationHealthUpdater>(provider => ActivatorUtilities.CreateInstance<ReplicaHealthLog>(
            provider, ActivatorUtilities.CreateInstance(provider, theirs)));
    }

    public void SetActive(ClusterState cluster, IEnumerable<NewActiveDestinationHealth> newHealthPairs)
    {
        var changes = newHealthPairs.ToArray();
        foreach (var change in changes)
        {
            var replica = change.Destination;
            switch (replica.Health.Active, change.NewActiveHealth)
            {
                case (DestinationHealth.Unknown, DestinationHealth.Unhealthy):
                    LogNotUp(cluster.ClusterId, replica.DestinationId);
                    break;
                case (DestinationHealth.Healthy, DestinationHealth.Unhealthy):
                    LogLost(cluster.ClusterId, replica.DestinationId);
                    break;
                case (not DestinationHealth.Healthy, DestinationHealth.Healthy):
                    LogUp(cluster.ClusterId, replica.DestinationId);
                    break;
            }
        }

        updater.SetActive(cluster, changes);
    }

    public void SetPassive(ClusterState cluster, DestinationState destination, DestinationHealth newHealth, TimeSpan reactivationPeriod)
    {
        if (newHealth == DestinationHealth.Unhealthy && destination.Health.Passive != DestinationHealth.Unhealthy)
        {
            LogFails(cluster.ClusterId, destination.DestinationId, reactivationPeriod.TotalSeconds);
        }

        updater.SetPassive(cluster, destination, newHealth, reactivationPeriod);
    }

    [LoggerMessage(LogLevel.Information, "Replica {Replica} of {Service} is not up yet")]
    partial void LogNotUp(string service, string replica);

    [LoggerMessage(LogLevel.Information, "Replica {Replica} of {Service} became ready")]
    partial void LogUp(string service, string replica);

    [LoggerMessage(LogLevel.Warning, "Replica {Replica} of {Service} is no longer ready. It gets no requests until it is ready again")]
    partial void LogLost(string service, string replica);

    [LoggerMessage(LogLevel.Warning, "Replica {Replica} of {Service} aborts requests. It gets none for {Seconds} s")]
    partial void LogFails(string service, string replica, double seconds);
}

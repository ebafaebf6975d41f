using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using RabbitMQ.Client;

namespace Shop.Messaging;

/// <summary>
/// Stands before each connection MassTransit makes, and lets it pass once the broker takes connections. Otherwise MassTransit pauses up to
/// half a minute between two attempts, and gives up for ever if a starting broker does not know its users yet.
/// </summary>
sealed partial class BrokerGate(
    IOptions<RabbitMqOptions> options, IHostApplicationLifetime lifetime, ILogger<BrokerGate> logger)
{
    static readonly TimeSpan _pause = TimeSpan.FromMilliseconds(500);

    /// <exception cref="OperationCanceledException">The process is stopping.</exception>
    public async Task Pass()
    {
        var factory = options.Value.ConnectionFactory("broker gate");
        var stopping = lifetime.ApplicationStopping;
        for (var first = true; ; first = false)
        {
            try
            {
                await using var connection = await factory.CreateConnectionAsync(stopping);
                return;
            }
            catch (Exception error) when (!stopping.IsCancellationRequested)
            {
                if (first)
                {
                    LogWaiting(BrokerProblem.Of(error, options.Value));
                }

                await Task.Delay(_pause, TimeProvider.System, stopping);
            }
        }
    }

    [LoggerMessage(LogLevel.Warning, "Receives nothing until the message broker is back: {Reason}")]
    partial void LogWaiting(string reason);
}

static class BrokerConnections
{
    /// <summary>
    /// After two missed heartbeats, the broker closes the connection of a replica that stands still, and its messages go to the others.
    /// </summary>
    public static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How this service connects to the broker, apart from MassTransit. A user that loses its connection makes a new one.
    /// </summary>
    public static ConnectionFactory ConnectionFactory(this RabbitMqOptions options, string clientName) => new()
    {
        HostName = options.Host,
        Port = options.Port,
        UserName = options.Username,
        Password = options.Password,
        VirtualHost = options.VirtualHost,
        ClientProvidedName = clientName,
        AutomaticRecoveryEnabled = false,
        TopologyRecoveryEnabled = false,
        RequestedHeartbeat = Heartbeat,
        RequestedConnectionTimeout = TimeSpan.FromSeconds(5),
        Ssl = BrokerTls.Settings(options),
    };
}

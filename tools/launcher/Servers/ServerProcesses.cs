namespace Shop.Launcher.Servers;

/// <summary>Which processes are servers: the database server and the broker, and a standby or further nodes beside them.</summary>
static class ServerProcesses
{
    public static bool IsDatabase(string process) => IsOf(PostgresServer.Name, process);

    public static bool IsBroker(string process) => IsOf(RabbitMqServer.Name, process) && process != RabbitMqServer.NameServer;

    static bool IsOf(string server, string process) =>
        process == server || process.StartsWith(server + "-", StringComparison.Ordinal);
}

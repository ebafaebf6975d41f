namespace Shop.Launcher.Servers;

/// <summary>The files a private RabbitMQ node reads when it starts.</summary>
static class RabbitMqSettings
{
    const string DefinitionsFile = "definitions.json";

    /// <param name="peer">A node of the cluster to join; null for none.</param>
    public static void Write(
        string folder, RabbitMqPorts ports, string? peer, string virtualHost, IReadOnlyList<BrokerUser> users, string cookie)
    {
        const UnixFileMode ownerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        Directory.CreateDirectory(folder);
        File.SetUnixFileMode(folder, ownerOnly | UnixFileMode.UserExecute);
        File.WriteAllText(Path.Combine(folder, "rabbitmq.conf"), Configuration(ports, peer));
        File.WriteAllText(Path.Combine(folder, "enabled_plugins"), "[rabbitmq_management].\n");
        File.WriteAllText(Path.Combine(folder, DefinitionsFile), BrokerDefinitions.Json(virtualHost, users));
        var cookieFile = Path.Combine(folder, ".erlang.cookie");
        if (!File.Exists(cookieFile))
        {
            File.WriteAllText(cookieFile, cookie);
            File.SetUnixFileMode(cookieFile, UnixFileMode.UserRead);
        }
    }

    // The management interface counts messages only: full statistics of every channel would cost the broker more than
    // they are worth here. The disk limit is low because a container's free space says little.
    static string Configuration(RabbitMqPorts ports, string? peer) => $"""
        listeners.tcp.1 = 127.0.0.1:{ports.Amqp}
        management.tcp.ip = 127.0.0.1
        management.tcp.port = {ports.Management}
        management.disable_stats = true
        management.enable_queue_totals = true
        load_definitions = {RabbitMqServer.Inside(DefinitionsFile)}
        disk_free_limit.absolute = 50MB
        vm_memory_high_watermark.relative = 0.4
        log.file = false
        log.console = true
        log.console.level = info
        log.console.use_colors = off
        {(peer is null ? "" : $"cluster_formation.peer_discovery_backend = classic_config\ncluster_formation.classic_config.nodes.1 = {peer}")}
        """;
}

namespace Shop.Launcher.Servers;

/// <summary>The settings of a PostgreSQL server, as arguments of its program.</summary>
public static class PostgresSettings
{
    /// <summary>
    /// Durable means that every commit is on disk before it is answered. A test's cluster may skip that. It then survives the death of its
    /// processes, but not that of the machine.
    /// </summary>
    public static IEnumerable<string> Arguments(int port, bool durable)
    {
        (string Name, string Value)[] settings =
        [
            ("listen_addresses", "127.0.0.1"),
            ("port", $"{port}"),
            ("unix_socket_directories", ""),
            ("max_connections", "200"),
            ("shared_buffers", "128MB"),
            ("wal_level", "replica"),
            ("wal_compression", "on"),
            ("max_wal_size", "2GB"),
            ("fsync", durable ? "on" : "off"),
            ("synchronous_commit", "on"),
            ("full_page_writes", durable ? "on" : "off"),
            ("log_timezone", "UTC"),
            ("timezone", "UTC"),
        ];
        return settings.SelectMany(setting => new[] { "-c", $"{setting.Name}={setting.Value}" });
    }
}

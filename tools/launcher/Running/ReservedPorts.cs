namespace Shop.Launcher.Running;

/// <summary>
/// Keeps Linux from giving our servers' ports to outgoing connections while a server is down. Otherwise a client that reconnects may get
/// the very port it wants to reach. It would be connected to itself, and the server could not start.
/// </summary>
static class ReservedPorts
{
    const string Setting = "/proc/sys/net/ipv4/ip_local_reserved_ports";

    /// <summary>
    /// Reserves the ports if this user may. Otherwise a start waits until the port is free. A restart of Linux undoes it.
    /// </summary>
    public static void Add(params int[] ports)
    {
        try
        {
            var reserved = File.ReadAllText(Setting).Trim();
            var missing = ports.Where(port => !Contains(reserved, port)).ToArray();
            if (missing is not [])
            {
                File.WriteAllText(Setting, string.Join(',', missing.Select(port => $"{port}").Prepend(reserved).Where(part => part != "")));
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // This user is not root, or the container's /proc is read-only. Nothing else depends on the reservation.
            return;
        }
    }

    // The kernel shows the list as "8080,9000-9010".
    static bool Contains(string reserved, int port) => reserved.Split(',', StringSplitOptions.RemoveEmptyEntries)
        .Select(range => range.Split('-').Select(int.Parse).ToArray())
        .Any(range => range[0] <= port && port <= range[^1]);
}

using System.Globalization;
using System.Net.NetworkInformation;
using Shop.Cli.Processes;

namespace Shop.Cli.Running;

/// <summary>Finds out before a start whether somebody else has the port.</summary>
static class PortCheck
{
    const int OffsetStep = 1000;

    public static void MustBeFree(IEnumerable<(string Process, int Port)> wanted, int offset)
    {
        foreach (var (process, port) in wanted)
        {
            if (!IsFree(port))
            {
                var owner = OwnerOf(port) is { } found ? $" by {found}" : "";
                throw new UserError(
                    $"Port {port}, which {process} needs, is in use{owner}. Stop that, or move this system to other ports: "
                    + $"with {Ports.Variable}={offset + OffsetStep} each is {OffsetStep} higher.");
            }
        }
    }

    // Binding would also fail on connections to a killed predecessor that have not faded away yet.
    static bool IsFree(int port) =>
        IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpListeners().All(listener => listener.Port != port);

    // As far as this user may look: the listening socket's inode, then the process that has it open.
    static string? OwnerOf(int port)
    {
        var local = ":" + port.ToString("X4", CultureInfo.InvariantCulture);
        var sockets = new[] { "/proc/net/tcp", "/proc/net/tcp6" }
            .Where(File.Exists)
            .SelectMany(File.ReadLines)
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(fields => fields.Length > 9 && fields[1].EndsWith(local, StringComparison.Ordinal) && fields[3] == "0A")
            .Select(fields => $"socket:[{fields[9]}]")
            .ToHashSet();
        var pid = ProcFiles.OwnerOf(sockets);
        return pid is null ? null : $"{ProcFiles.CommandOf(pid.Value)} (process {pid})";
    }
}

using System.Diagnostics;
using System.Globalization;
using System.Net.NetworkInformation;
using Shop.Cli.Processes;

namespace Shop.Cli.Running;

/// <summary>Finds out before a start whether somebody else has the port.</summary>
static class PortCheck
{
    const string Listening = "0A";
    const int OffsetStep = 1000;

    // PostgreSQL's and RabbitMQ's port lie where Linux takes ports for outgoing connections from. One of those goes away by
    // itself, at the latest a minute after its end.
    static readonly TimeSpan _outgoingLimit = TimeSpan.FromSeconds(75);
    static readonly TimeSpan _pollInterval = TimeSpan.FromMilliseconds(500);

    public static async Task MustBeFree(
        IEnumerable<(string Process, int Port)> wanted, int offset, Action<string> onWait, CancellationToken cancellation)
    {
        foreach (var (process, port) in wanted)
        {
            var clock = Stopwatch.StartNew();
            for (var first = true; !IsFree(port); first = false)
            {
                var listener = OwnerOf(port, state => state == Listening);
                if (listener is not null || clock.Elapsed > _outgoingLimit)
                {
                    var owner = (listener ?? OwnerOf(port, _ => true)) is { } found ? $" by {found}" : "";
                    throw new UserError(
                        $"Port {port}, which {process} needs, is in use{owner}. Stop that, or move this system to other ports: "
                        + $"with {Ports.Variable}={offset + OffsetStep} each is {OffsetStep} higher.");
                }

                if (first)
                {
                    onWait($"waiting for port {port}, which an outgoing connection holds");
                }

                await Task.Delay(_pollInterval, cancellation);
            }
        }
    }

    // Binding would also fail on connections to a killed predecessor that have not faded away yet.
    static bool IsFree(int port) =>
        IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpListeners().All(listener => listener.Port != port);

    // As far as this user may look: the socket's inode, then the process that has it open.
    static string? OwnerOf(int port, Func<string, bool> isState)
    {
        var local = ":" + port.ToString("X4", CultureInfo.InvariantCulture);
        var sockets = new[] { "/proc/net/tcp", "/proc/net/tcp6" }
            .Where(File.Exists)
            .SelectMany(File.ReadLines)
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(fields => fields.Length > 9 && fields[1].EndsWith(local, StringComparison.Ordinal) && isState(fields[3]))
            .Select(fields => $"socket:[{fields[9]}]")
            .ToHashSet();
        return sockets.Count == 0 ? null
            : ProcFiles.OwnerOf(sockets) is { } pid ? $"{ProcFiles.CommandOf(pid)} (process {pid})"
            : "another user's process";
    }
}

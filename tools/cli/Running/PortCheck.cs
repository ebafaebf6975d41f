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
        IReadOnlyList<(string Process, int Port)> wanted, int offset, Action<string> onWait, CancellationToken cancellation)
    {
        foreach (var (process, port) in wanted)
        {
            var clock = Stopwatch.StartNew();
            for (var first = true; IsTaken(port); first = false)
            {
                var listener = OwnerOf(port, state => state == Listening);
                if (listener is not null || clock.Elapsed > _outgoingLimit)
                {
                    var owner = (listener ?? OwnerOf(port, _ => true)) is { } found ? $" by {found}" : "";
                    throw new UserError(
                        $"Port {port}, which {process} needs, is in use{owner}. Stop that{WayAside(wanted.Select(other => other.Port - offset), offset)}");
                }

                if (first)
                {
                    onWait($"waiting for port {port}, which an outgoing connection holds");
                }

                await Task.Delay(_pollInterval, cancellation);
            }
        }
    }

    /// <summary>Whether somebody listens there.</summary>
    // Binding would also fail on connections to a killed predecessor that have not faded away yet.
    public static bool IsTaken(int port) => Listeners().Contains(port);

    /// <summary>The root of the other checkout whose system answers at an address of this machine; null if it is this one's or none.</summary>
    public static string? OtherCheckoutAt(Uri address, string root) =>
        address.IsLoopback && PidAt(address.Port, state => state == Listening) is { } pid and > 0 && CheckoutOf(pid) is { } other && other != root ? other : null;

    static string WayAside(IEnumerable<int> ports, int current)
    {
        var taken = Listeners();
        var free = Enumerable.Range(0, (Ports.OffsetMax / OffsetStep) + 1).Select(step => step * OffsetStep)
            .OrderBy(offset => offset < current)
            .FirstOrDefault(offset => !ports.Any(port => taken.Contains(port + offset)), -1);
        return free < 0 ? "." : $", or run this one beside it on other ports, and give every later command the same:\n  {Ports.Variable}={free} ./shop up";
    }

    static HashSet<int> Listeners() => [.. IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpListeners().Select(listener => listener.Port)];

    static string? OwnerOf(int port, Func<string, bool> isState) => PidAt(port, isState) switch
    {
        null => null,
        0 => "another user's process",
        { } pid => (CheckoutOf(pid) is { } root ? $"the Shop of {root}, " : "") + $"{ProcFiles.CommandOf(pid)} (process {pid})",
    };

    // Our programs lie in their checkout, our servers' data too, or the mark tells.
    static string? CheckoutOf(int pid) => ProcFiles.ArgumentsOf(pid)
        .Append(ProcFiles.VariableOf(pid, StrayProcesses.Mark) ?? "")
        .Where(Path.IsPathRooted)
        .Select(Checkout.RootOf)
        .FirstOrDefault(root => root is not null);

    // As far as this user may look: the socket's inode, then the process that has it open. Null for no such socket, 0 for a process that
    // this user may not look at.
    static int? PidAt(int port, Func<string, bool> isState)
    {
        var local = ":" + port.ToString("X4", CultureInfo.InvariantCulture);
        var sockets = new[] { "/proc/net/tcp", "/proc/net/tcp6" }
            .Where(File.Exists)
            .SelectMany(File.ReadLines)
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(fields => fields.Length > 9 && fields[1].EndsWith(local, StringComparison.Ordinal) && isState(fields[3]))
            .Select(fields => $"socket:[{fields[9]}]")
            .ToHashSet();
        return sockets.Count == 0 ? null : ProcFiles.OwnerOf(sockets) ?? 0;
    }
}

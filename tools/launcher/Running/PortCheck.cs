using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Shop.Launcher.Processes;

namespace Shop.Launcher.Running;

/// <summary>Checks before a start whether another process has the port.</summary>
static class PortCheck
{
    const string Listening = "0A";
    const int OffsetStep = 1000;

    // SOL_SOCKET and SO_REUSEADDR of Linux.
    const int SocketLevel = 1;
    const int ReuseAddress = 2;

    // PostgreSQL's and RabbitMQ's port lie where Linux takes ports for outgoing connections from. One of those goes away by
    // itself, at the latest a minute after its end.
    static readonly TimeSpan _outgoingLimit = TimeSpan.FromSeconds(75);
    static readonly TimeSpan _pollInterval = TimeSpan.FromMilliseconds(500);

    public static async Task MustBeFree(
        IReadOnlyList<(string Process, int Port)> wanted, int offset, Action<string> onWait, CancellationToken cancellation)
    {
        foreach (var (process, port) in wanted)
        {
            if (!await CanBeHad(port, onWait, cancellation))
            {
                var owner = (OwnerOf(port, state => state == Listening) ?? OwnerOf(port, _ => true)) is { } found ? $" by {found}" : "";
                throw new UserError(
                    $"Port {port}, which {process} needs, is in use{owner}. Stop that{OtherPortsAdvice(wanted.Select(other => other.Port - offset), offset)}");
            }
        }
    }

    /// <summary>Waits while an outgoing connection has the port.</summary>
    /// <returns>False if somebody listens there, or the connection does not end.</returns>
    public static async Task<bool> CanBeHad(int port, Action<string> onWait, CancellationToken cancellation)
    {
        var clock = Stopwatch.StartNew();
        for (var first = true; !Binds(port); first = false)
        {
            if (IsTaken(port) || clock.Elapsed > _outgoingLimit)
            {
                return false;
            }

            if (first)
            {
                onWait($"waiting for port {port}, which an outgoing connection holds");
            }

            await Task.Delay(_pollInterval, cancellation);
        }

        return true;
    }

    /// <summary>Whether somebody listens there.</summary>
    public static bool IsTaken(int port) => Listeners().Contains(port);

    // The check ignores the remains of connections to a killed predecessor, as the servers do.
    static bool Binds(int port)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.SetRawSocketOption(SocketLevel, ReuseAddress, BitConverter.GetBytes(1));
        try
        {
            socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
            socket.Listen(1);
            return true;
        }
        catch (SocketException error) when (error.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            return false;
        }
    }

    /// <summary>The root of the other checkout whose system answers at this machine's address. Null for this checkout or none.</summary>
    public static string? OtherCheckoutAt(Uri address, string root) =>
        address.IsLoopback
        && PidAt(address.Port, state => state == Listening) is { } pid and > 0
        && CheckoutOf(pid) is { } other
        && other != root
            ? other
            : null;

    static string OtherPortsAdvice(IEnumerable<int> ports, int current)
    {
        var taken = Listeners();
        var free = Enumerable.Range(0, (Ports.OffsetMax / OffsetStep) + 1).Select(step => step * OffsetStep)
            .OrderBy(offset => offset < current)
            .FirstOrDefault(offset => !ports.Any(port => taken.Contains(port + offset)), -1);
        return free < 0
            ? "."
            : $", or run this one beside it on other ports, which it keeps until it is stopped:\n  {Ports.Variable}={free} ./shop up";
    }

    static HashSet<int> Listeners() =>
        [.. IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpListeners().Select(listener => listener.Port)];

    static string? OwnerOf(int port, Func<string, bool> isState) => PidAt(port, isState) switch
    {
        null => null,
        0 => "another user's process",
        { } pid => (CheckoutOf(pid) is { } root ? $"the Shop of {root}, " : "") + $"{ProcFiles.CommandOf(pid)} (process {pid})",
    };

    // Programs of the shop and the data of its servers are inside their checkout. Otherwise the mark names it.
    static string? CheckoutOf(int pid) => ProcFiles.ArgumentsOf(pid)
        .Append(ProcFiles.VariableOf(pid, StrayProcesses.Mark) ?? "")
        .Where(Path.IsPathRooted)
        .Select(Checkout.RootOf)
        .FirstOrDefault(root => root is not null);

    // Finds the socket's inode, and then the process that has it open. Null if there is no such socket, 0 if this user may not see the
    // process.
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

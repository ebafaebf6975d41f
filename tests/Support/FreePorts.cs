using System.Net;
using System.Net.Sockets;

namespace Shop.Support;

/// <summary>Ports for servers of a test.</summary>
public static class FreePorts
{
    // Below the range Linux gives to outgoing connections, which could take a port before its server does.
    const int First = 20000;
    const int Last = 32000;
    const int PerProcess = 50;

    static readonly Lock _lock = new();
    static int _next = First + (Environment.ProcessId * PerProcess % (Last - First));

    /// <summary>Ports nobody listens on, each given out once. Processes start looking at different places.</summary>
    public static int[] Take(int count)
    {
        lock (_lock)
        {
            var taken = new int[count];
            for (var index = 0; index < count; index++)
            {
                do
                {
                    _next = _next >= Last ? First : _next + 1;
                }
                while (!IsFree(_next));
                taken[index] = _next;
            }

            return taken;
        }
    }

    static bool IsFree(int port)
    {
        using var listener = new TcpListener(IPAddress.Loopback, port);
        try
        {
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}

using System.Net;
using System.Net.Sockets;

namespace Shop.Chaos.Drills.Stages;

/// <summary>An HTTP proxy that answers no request and counts them.</summary>
public sealed class DeadProxy : IAsyncDisposable
{
    static readonly string[] _variables = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"];

    readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    readonly Task _accepting;
    int _calls;

    public DeadProxy()
    {
        _listener.Start();
        _accepting = Accept();
    }

    public int Calls => _calls;

    public string Url => $"http://{_listener.LocalEndpoint}";

    /// <summary>Its address in the form of the environment variables.</summary>
    public IReadOnlyDictionary<string, string> Settings => _variables.ToDictionary(name => name, _ => Url);

    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        await _accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    async Task Accept()
    {
        while (true)
        {
            using var caller = await _listener.AcceptSocketAsync();
            Interlocked.Increment(ref _calls);
        }
    }
}
